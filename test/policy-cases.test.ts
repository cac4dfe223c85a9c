import { join } from 'node:path'
import { testCases } from './support/own-cases.ts'

testCases(join(import.meta.dirname, 'policy-cases'), 'failures that policies have a part in', 25)
