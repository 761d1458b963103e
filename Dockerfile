# This can be any image of Node on Debian, such as one of a mirror, a pinned digest, or another release.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts
# onnxruntime-node has the libraries of all platforms. Only those of this platform are kept. Types, maps and tests are
# removed, because only developers need them.
RUN cd node_modules/onnxruntime-node/bin/napi-v6 \
  && mv "linux/$(node -p process.arch)" /tmp/native && rm -r ./* && mkdir linux \
  && mv /tmp/native "linux/$(node -p process.arch)" \
  && cd /app/node_modules \
  && find . \( -name '*.map' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' \) -type f -delete \
  && rm -r ./*/test ./@*/*/test

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY tsconfig.json ./
COPY tools/build.mjs tools/
COPY src src
RUN npm run build
COPY LICENSE ./
COPY models models
# The server may run as any user, so everybody may read these files.
RUN chmod -R a+rX dist models package.json LICENSE

FROM ${NODE_IMAGE} AS system
# Text operators of ONNX use the locale en_US.UTF-8 by default. The compiled locale takes three megabytes.
RUN apt-get update \
  && apt-get install -y --no-install-recommends curl locales tini \
  && localedef -i en_US -f UTF-8 en_US.UTF-8 \
  && cp /usr/lib/locale/locale-archive /tmp/locale-archive \
  && apt-get purge -y --auto-remove locales && rm -rf /usr/share/i18n \
  && mkdir -p /usr/lib/locale && mv /tmp/locale-archive /usr/lib/locale/ \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/*.log /var/cache/ldconfig/aux-cache \
  && rm -rf /usr/local/lib/node_modules /usr/local/include /opt/yarn* /root/.npm /tmp/* \
  && cd /usr/local/bin && rm -f npm npx corepack yarn yarnpkg docker-entrypoint.sh

# The system is copied into one layer, so that the image does not contain the removed files.
FROM scratch AS runtime
COPY --from=system / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin NODE_ENV=production ORT_DISABLE_TELEMETRY=1
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/dist dist
COPY --from=build /app/models models

ARG NODE_IMAGE
LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true \
  org.opencontainers.image.title="onnx-serve" \
  org.opencontainers.image.description="Serves ONNX models over HTTP and gRPC: small, fast, and honest under load." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.authors="the onnx-serve authors" \
  org.opencontainers.image.base.name="${NODE_IMAGE}"

USER 1000:1000
EXPOSE 8000 8001
# Asks the port of the server. It is the last --port on the command line of PID 1, also if PID 1 is an init. Otherwise it
# comes from the environment of the platform, or from PORT. The default is 8080 for `serve`, and else 8000.
# --max-time ends curl. Docker ends a check that takes too long, but not its curl.
HEALTHCHECK --interval=30s --timeout=10s --start-period=15s --retries=3 \
  CMD flags=$(tr '\0' '\n' </proc/1/cmdline); \
  port=$(echo "$flags" | sed -n -E -e '/^--(http[-_])?port$/{n;p;}' -e 's/^--(http[-_])?port=//p' | tail -n 1); \
  port=${port:-${SAGEMAKER_BIND_TO_PORT:-${AIP_HTTP_PORT:-$PORT}}}; \
  [ -n "$port" ] || { echo "$flags" | grep -qx serve && port=8080; }; \
  curl -fsS --max-time 8 -o /dev/null "http://127.0.0.1:${port:-8000}/health" || exit 1
# The kernel drops a signal to PID 1 for which PID 1 has no handler, and Node takes 40 ms or more to install one. tini
# blocks signals at once and forwards them. The static one starts sooner. With -s it also works under another
# init.
# Flags follow the name of the image: docker run onnx-serve --port 9000
ENTRYPOINT ["tini-static", "-s", "--", "node", "/app/dist/main.js"]
