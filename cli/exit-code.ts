/** What the process says to the shell: yes, no, or that the question was wrong. */
export const exitCode = { yes: 0, no: 1, wrong: 2 } as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
