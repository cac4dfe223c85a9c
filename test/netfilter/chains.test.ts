import { describe, expect, test } from 'vitest'
import { tableOf, verdictOf } from './support/ask.ts'
import { sceneOf } from './support/packet-text.ts'

/** The ports of these packets are what the chains ask for, and the marks say which rules were passed. */
function pass(rules: string, port: number, more = ''): string {
  return verdictOf(tableOf(rules), sceneOf(`tcp 10.0.0.9:9 > 10.0.0.1:${port} ${more}`.trim()))
}

describe('the way through chains', () => {
  const nested = `*filter
:INPUT DROP [0:0]
:OUTER - [0:0]
:INNER - [0:0]
-A INPUT -j OUTER
-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT
-A OUTER -j INNER
-A OUTER -p tcp -m tcp --dport 2 -j ACCEPT
-A INNER -p tcp -m tcp --dport 3 -j ACCEPT
-A INNER -p tcp -m tcp --dport 4 -j RETURN
-A INNER -p tcp -m tcp --dport 4 -j ACCEPT
COMMIT
`

  // biome-ignore format: one packet a line
  test.each([
    { port: 1, verdict: 'accept', because: 'two chains deep it falls through both and resumes in the base chain' },
    { port: 2, verdict: 'accept', because: 'it falls out of the inner chain and resumes in the outer' },
    { port: 3, verdict: 'accept', because: 'the inner chain takes it' },
    { port: 4, verdict: 'drop', because: 'RETURN leaves the inner chain before the rule that would accept' },
    { port: 5, verdict: 'drop', because: 'the policy decides in the end' },
  ])('port $port: $verdict, since $because', ({ port, verdict }) => {
    expect(pass(nested, port)).toBe(verdict)
  })

  test('a goto leaves no way back: the end of its chain goes to the caller of the chain that it stood in', () => {
    const rules = `*filter
:INPUT DROP [0:0]
:FIRST - [0:0]
:SECOND - [0:0]
-A INPUT -j FIRST
-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT
-A FIRST -g SECOND
-A FIRST -p tcp -m tcp --dport 2 -j ACCEPT
-A SECOND -p tcp -m tcp --dport 3 -j RETURN
COMMIT
`
    expect([1, 2, 3].map((port) => pass(rules, port))).toEqual(['accept', 'drop', 'drop'])
  })

  test('a goto from a base chain leads to the policy', () => {
    const rules = '*filter\n:INPUT DROP [0:0]\n:A - [0:0]\n-A INPUT -g A\n-A INPUT -j ACCEPT\nCOMMIT\n'
    expect(pass(rules, 1)).toBe('drop')
  })

  test('RETURN in a base chain is its policy, whatever follows', () => {
    const rules = '*filter\n:INPUT DROP [0:0]\n-A INPUT -j RETURN\n-A INPUT -j ACCEPT\nCOMMIT\n'
    expect(pass(rules, 1)).toBe('drop')
    expect(pass(rules.replace('DROP', 'ACCEPT').replace('-j ACCEPT', '-j DROP'), 1)).toBe('accept')
  })

  test('a base chain that the text does not have lets everything pass', () => {
    expect(pass('*filter\n:FORWARD DROP [0:0]\nCOMMIT\n', 1)).toBe('no chain')
  })

  test('a chain may be entered again and again', () => {
    const rules = `*filter
:INPUT ACCEPT [0:0]
:COUNT - [0:0]
-A INPUT -j COUNT
-A INPUT -j COUNT
-A INPUT -m mark --mark 0x2 -j DROP
-A COUNT -m mark --mark 0x1 -j MARK --set-mark 2
-A COUNT -m mark --mark 0x0 -j MARK --set-mark 1
COMMIT
`
    expect(pass(rules, 1)).toBe('drop')
  })
})

describe('forks', () => {
  test('a random rule gives both ways with their shares, in a chain below as well', () => {
    const rules = `*filter
:INPUT ACCEPT [0:0]
:A - [0:0]
-A INPUT -j A
-A INPUT -j DROP
-A A -m statistic --mode random --probability 0.25 -j ACCEPT
COMMIT
`
    expect(pass(rules, 1)).toBe('0.25 accept, else drop')
  })

  test('what is not modelled gives both answers, a chain below that falls through included', () => {
    const rules = `*filter
:INPUT DROP [0:0]
:A - [0:0]
-A INPUT -m socket --transparent -j A
-A INPUT -p tcp -m tcp --dport 1 -j ACCEPT
-A A -j DROP
COMMIT
`
    expect(pass(rules, 1)).toBe('unknown (drop | accept)')
    expect(pass(rules, 2)).toBe('unknown (drop | drop)')
  })

  test('a target that is not modelled is not passed over', () => {
    const rules = '*filter\n:INPUT DROP [0:0]\n-A INPUT -j NFQUEUE --queue-num 5\nCOMMIT\n'
    expect(pass(rules, 1)).toBe(
      'unknown (not modelled: target "NFQUEUE --queue-num 5" is not modelled | drop)',
    )
  })

  test('nothing is asked where no answer could matter: another match says no, or the rule only logs', () => {
    const rules = `*filter
:INPUT DROP [0:0]
-A INPUT -m socket --transparent -p tcp -m tcp --dport 9 -j DROP
-A INPUT -m time --timestart 08:00 --timestop 17:00 -j LOG
-A INPUT -m string --algo bm --string x
COMMIT
`
    expect(pass(rules, 1)).toBe('drop')
  })

  test('a match that keeps count behind one that is not modelled is asked on one way alone', () => {
    const rules = `*filter
:INPUT DROP [0:0]
-A INPUT -m socket --transparent -m recent --set --name SEEN
-A INPUT -m recent --rcheck --name SEEN -j ACCEPT
COMMIT
`
    expect(pass(rules, 1)).toBe('unknown (accept | drop)')
  })
})

describe('matches that remember, by a rule that also asks for a port', () => {
  const many = Array.from(
    { length: 20 },
    (_, index) => `-A INPUT -p tcp -m tcp --dport ${5000 + index} -j DROP`,
  ).join('\n')

  test('a list is written for every packet that comes to the rule, not only for its port', () => {
    const rules = `*filter
:INPUT DROP [0:0]
-A INPUT -p tcp -m recent --set --name SEEN -m tcp --dport 7
${many}
-A INPUT -m recent --rcheck --name SEEN -j ACCEPT
COMMIT
`
    expect(pass(rules, 8)).toBe('accept')
  })

  test('it is not written where the port stands first and differs', () => {
    const rules = `*filter
:INPUT DROP [0:0]
-A INPUT -p tcp -m tcp --dport 7 -m recent --set --name SEEN
${many}
-A INPUT -m recent --rcheck --name SEEN -j ACCEPT
COMMIT
`
    expect(pass(rules, 8)).toBe('drop')
    expect(pass(rules, 7)).toBe('accept')
  })
})
