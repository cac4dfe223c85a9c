import type { Command } from 'commander'
import { Argument } from 'commander'
import { complete } from '../completion/candidates.ts'
import type { Shell } from '../completion/scripts.ts'
import { completionScripts } from '../completion/scripts.ts'
import { exitCode } from '../exit-code.ts'
import type { Io } from '../io.ts'
import type { Finish } from '../program.ts'

const examples = `
Examples:
  source <(kubewalk completion bash)           in ~/.bashrc
  source <(kubewalk completion zsh)            in ~/.zshrc, after compinit
  kubewalk completion fish | source            in ~/.config/fish/config.fish

Names of pods, Services, nodes and namespaces are completed once -f stands on the line.`

export function addCompletion(program: Command, io: Io, finish: Finish): void {
  program
    .command('completion')
    .description('print a script that makes a shell complete commands, options and names')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(completionScripts)))
    .addHelpText('after', examples)
    .action((shell: Shell) => {
      io.out(completionScripts[shell])
      finish(exitCode.yes)
    })
  program
    .command('__complete', { hidden: true })
    .argument('[words...]', 'the words after kubewalk, up to the cursor')
    .action(async (words: readonly string[]) => {
      const { candidates, files } = await complete(program, words)
      const lines = candidates.map(({ word, about }) => (about ? `${word}\t${about}` : word))
      io.out(`${[...lines, files ? ':files' : ':none'].join('\n')}\n`)
      finish(exitCode.yes)
    })
}
