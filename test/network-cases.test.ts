import { join } from 'node:path'
import { testCases } from './support/own-cases.ts'

testCases(join(import.meta.dirname, 'network-cases'), 'failures between machines', 40)
