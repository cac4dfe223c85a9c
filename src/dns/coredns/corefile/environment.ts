/** Replaces `{%NAME%}` and `{$NAME}`; a variable that is not set is empty. Mirrors replaceEnvVars of coredns/caddy. */
export function replaceVariables(text: string, environment: ReadonlyMap<string, string>): string {
  return replaceReferences(replaceReferences(text, '{%', '%}', environment), '{$', '}', environment)
}

function replaceReferences(
  text: string,
  open: string,
  close: string,
  environment: ReadonlyMap<string, string>,
): string {
  const start = text.indexOf(open)
  if (start < 0) return text
  const end = text.indexOf(close, start)
  if (end <= start + open.length) return text
  const reference = text.slice(start, end + close.length)
  const value = environment.get(reference.slice(open.length, -close.length)) ?? ''
  if (value.includes(reference)) return text
  return replaceReferences(
    text.replaceAll(reference, () => value),
    open,
    close,
    environment,
  )
}
