const names = /^(?:KUBE|CNI|FLANNEL|WEAVE|DOCKER|AWS|IP-MASQ|KIND|CILIUM|OLD_CILIUM|ANTREA|cali|ufw6?)\b/

/** Whether a chain's name is such as components of a node give to theirs, so that a rule of the host may jump to it. */
export function isComponentChain(name: string): boolean {
  return names.test(name)
}
