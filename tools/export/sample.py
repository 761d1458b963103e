"""The sample of rows that an export is compared on, as the original and as ONNX Runtime take it, and as JSON."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from export.answers import plain
from export.estimators import ALL, column_count, column_names, has_columns, integer_columns, knows_none, reads_text, string_columns
from export.refusal import Refusal, one_line

TYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64, "tensor(bool)": np.bool_}
FEATURE_TYPES = {"b": "boolean", "i": "integer", "u": "integer", "f": "number"}
# More strings than this are no list of choices.
MAX_VALUES = 20


@dataclass
class Sample:
    table: pd.DataFrame
    per_column: bool  # one [rows, 1] input a column, or one [rows, n] input of all
    named: bool  # whether the original was fitted on named columns
    text: bool  # one string a row
    gap: object = np.nan  # a missing string, as the original was trained on it

    def __len__(self):
        return len(self.table)

    def for_original(self):
        if self.text:
            return self.table.iloc[:, 0].fillna("").to_numpy(dtype=object)
        table = self.table
        if self.gap is None:
            strings = [name for name in table if self.feature_type(name) == "string"]
            columns = table[strings].astype(object)
            table = table.assign(**columns.where(columns.notna(), None))
        return table if self.named else table.to_numpy()

    def for_onnx(self, inputs):
        """The values of each input of a model, by its name."""
        if not self.per_column and not self.text:
            return {inputs[0].name: self.table.to_numpy().astype(TYPES.get(inputs[0].type, object))}
        columns = zip(inputs, self.table, strict=True)
        return {i.name: self.without_gaps(name).to_numpy().astype(TYPES.get(i.type, object)) for i, name in columns}

    def without_gaps(self, name):
        """A column of strings has empty strings where the table has nothing: tensors of strings know no gaps."""
        column = self.table[[name]]
        return column.astype(object).where(column.notna(), "") if self.feature_type(name) == "string" else column

    def feature_type(self, name):
        return FEATURE_TYPES.get(self.table[name].dtype.kind, "string")

    def picked(self, rows):
        """A sample of some of the rows, by their positions."""
        return replace(self, table=self.table.iloc[rows].reset_index(drop=True))

    def with_values(self, name, values):
        """The same sample with other values in a column."""
        return replace(self, table=self.table.assign(**{name: values}))

    def without(self, masks):
        """The same sample without the values that are masked [rows, columns]."""
        return replace(self, table=self.table.mask(masks))

    def features(self, inputs):
        """The features of model.json, with what the sample shows of their values."""
        types = [i.type for i in inputs] if self.per_column else [""] * self.table.shape[1]
        # Converters may give an input another name than its column has; the order stays.
        return [self.feature(name, kind == "tensor(int64)") for name, kind in zip(self.table, types, strict=True)]

    def feature(self, name, is_integer):
        column, kind = self.table[name].dropna(), self.feature_type(name)
        # A float takes other numbers than the whole ones that the sample happens to have.
        feature = {"name": name, "type": "number" if kind == "integer" and not is_integer else kind}
        if column.empty:
            return feature
        if kind in ("number", "integer"):
            feature |= {"minimum": short(column.min()), "maximum": short(column.max())}
        elif kind == "string" and not self.text and column.nunique() <= MAX_VALUES:
            feature["values"] = sorted(column.unique().tolist())
        return feature | {"example": short(column.iloc[0])}

    def records(self, indices):
        columns = [self.without_gaps(name).iloc[list(indices), 0] for name in self.table]
        rows = zip(*(map(short, column) for column in columns), strict=True)
        return [dict(zip(self.table, row, strict=True)) for row in rows]


def short(value):
    """A value as JSON knows it; whole numbers go without the point."""
    value = plain(value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def read_sample(file, model, target=None):
    table = read_table(file, string_columns(model))
    if target is not None and target not in table:
        raise Refusal(f"{file} has no column {target!r} for the --target; it has {', '.join(table)}")
    table = table if target is None else table.drop(columns=target)
    if table.empty:
        raise Refusal(f"{file} has no rows")
    return to_sample(table, model, file)


def read_table(file, strings):
    """A CSV file. In columns of strings nothing is missing but what is empty: NA may be a category, 00501 a code."""
    try:
        table = pd.read_csv(file)
        texts = pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""])
    except FileNotFoundError:
        raise Refusal(f"there is no file {file}") from None
    except OSError as error:
        raise Refusal(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise Refusal(f"{file} is not read as CSV: {one_line(error)}") from None
    is_string = {name: pd.api.types.is_string_dtype(table[name].dropna()) for name in table}
    return table.assign(**{name: texts[name] for name in table if is_string[name] or strings is ALL or name in strings})


def with_numbers(table, integers):
    """Whole numbers are integers only where the model takes them for such: the sample may have no others by chance."""
    columns = [name for name in table if table[name].dtype.kind in "iu" and name not in integers]
    exact = [name for name in columns if table[name].abs().max() < 2**53]
    return table.astype(dict.fromkeys(exact, float))


def to_sample(table, model, source="the sample"):
    """The columns of a table that the model takes, in the model's order."""
    table, names = table.rename(columns=str), column_names(model)
    # LightGBM writes underscores for spaces.
    known = {name.replace(" ", "_"): name for name in table} | {name: name for name in table}
    if missing := [name for name in names if name not in known]:
        raise Refusal(f"{source} lacks columns of the model: {', '.join(missing)}")
    table = table[[known[name] for name in names]] if names else table
    count = column_count(model) or table.shape[1]
    if table.shape[1] != count:
        raise Refusal(f"the model takes {count} columns, {source} has {table.shape[1]}: is one of them the --target?")
    if reads_text(model):
        return Sample(table, per_column=False, named=False, text=True)
    numeric = all(dtype.kind in "biuf" for dtype in table.dtypes)
    per_column = has_columns(model)
    table = with_numbers(table, integer_columns(model)) if per_column else table
    if not per_column and not numeric and any(dtype.kind in "biuf" for dtype in table.dtypes):
        raise Refusal("strings and numbers together need a ColumnTransformer that was fitted on a DataFrame")
    return Sample(table, per_column, named=bool(names), text=False, gap=None if knows_none(model) else np.nan)
