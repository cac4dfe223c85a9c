import type { Command } from 'commander'
import { collectScript } from '../../src/index.ts'
import type { Io } from '../io.ts'
import type { Finish } from '../program.ts'

const examples = `
Examples:
  kubewalk node-dump-script > collect.sh; sudo sh collect.sh worker
  kubewalk node-dump-script | ssh worker 'sudo sh -s /tmp/dump && sudo tar -C /tmp/dump -c .' | tar -x -C worker
  kubewalk trace pod/client web:80 -f k8s/ --node-dump worker=worker`

export function addNodeDumpScript(program: Command, io: Io, _finish: Finish): void {
  program
    .command('node-dump-script')
    .description('print a shell script that collects what --node-dump reads')
    .addHelpText('after', examples)
    .action(() => io.out(collectScript))
}
