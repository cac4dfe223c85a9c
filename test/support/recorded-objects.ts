import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { ApiObject } from './kubernetes-data.ts'

/** The objects of a cluster that the real CoreDNS was asked about; a folder of test/recorded/coredns. */
export function recordedObjects(folder: string): readonly ApiObject[] {
  const path = join(import.meta.dirname, '../recorded/coredns', folder, 'objects.yaml')
  return parseAllDocuments(readFileSync(path, 'utf8')).flatMap(
    (document): ApiObject[] => document.toJS() ?? [],
  )
}
