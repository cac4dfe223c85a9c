import type { FindCause } from './failure.ts'
import { finding, inPod } from './failure.ts'
import { podAt } from './listener.ts'

/** The endpoint is still in the rules, while its process has gone. */
export const findTerminating: FindCause = (failure) => {
  const { stop, asked } = failure
  const pod = podAt(failure)
  if (stop?.reason !== 'no-listener' || !pod?.terminating || !asked) return []
  return [
    finding(
      'endpoint-terminating',
      `pod ${pod.name} is shutting down and has closed its socket, while nodes still send to it`,
      {
        objects: [inPod(pod, 'metadata', 'deletionTimestamp')],
        fix: 'let the pod serve on after SIGTERM for a few seconds (a preStop sleep), until every node has dropped it',
      },
    ),
  ]
}
