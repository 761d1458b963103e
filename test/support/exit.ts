/** Before Node 22.15 a process cannot be replaced: one whose model computes for two seconds more is killed. */
export const CAN_EXIT_WHILE_COMPUTING = 'execve' in process
