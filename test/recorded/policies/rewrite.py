#!/usr/bin/env python3
"""Writes policy sets so that they say the same in words that a judge is not known to mistake.

    rewrite.py [WORDING…] < sets > sets

Reads and writes one set a line. Where a wording depends on who talks to whom, a set becomes several; `index` then holds
the places of their flows in the whole. README.md says which mistake each wording avoids.
"""
import ipaddress, json, sys

OWN = 'judge.example/'
ALL_ADDRESSES = '::/0'
UPSTREAM = {'ClusterNetworkPolicy', 'AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'}
ADMIN = {'AdminNetworkPolicy', 'BaselineAdminNetworkPolicy'}


def of_kind(objects, *kinds):
    return [one for one in objects if one['kind'] in kinds]


def visit(value, change):
    if isinstance(value, dict):
        change(value)
        for inner in value.values():
            visit(inner, change)
    elif isinstance(value, list):
        for inner in value:
            visit(inner, change)


def policies(objects):
    return of_kind(objects, 'NetworkPolicy', *UPSTREAM)


def rules(policy):
    spec = policy['spec']
    return [rule for field in ('ingress', 'egress') for rule in spec.get(field) or []]


def label(one):
    return one['metadata'].setdefault('labels', {})


def label_addresses(objects):
    """Gives every pod a label with its address, so that a selector can name it."""
    for pod in of_kind(objects, 'Pod'):
        label(pod)[OWN + 'ip'] = pod['status']['podIP'].replace(':', '-').strip('-')


def at_addresses(operator, addresses):
    return {'key': OWN + 'ip', 'operator': operator, 'values': [one.replace(':', '-').strip('-') for one in addresses]}


def not_in_of_present_keys(objects, source, destination):
    """NotIn asks about labels that everybody has, with a value of its own where there was none."""
    keys = set()

    def rename(value):
        if value.get('operator') == 'NotIn':
            keys.add(value['key'])
            value['key'] = OWN + value['key'].replace('/', '-')

    for policy in policies(objects):
        visit(policy, rename)
    for one in of_kind(objects, 'Pod', 'Namespace'):
        for key in keys:
            label(one)[OWN + key.replace('/', '-')] = label(one).get(key, 'none')


def empty_values_in_expressions(objects, source, destination):
    """`matchLabels: {tier: ""}` becomes `tier In [""]`."""

    def move(value):
        empty = [key for key, wanted in (value.get('matchLabels') or {}).items() if wanted == '']
        if empty:
            wanted = [{'key': key, 'operator': 'In', 'values': ['']} for key in empty]
            value['matchExpressions'] = (value.get('matchExpressions') or []) + wanted
            for key in empty:
                del value['matchLabels'][key]

    for policy in policies(objects):
        visit(policy, move)


def whole_ranges(objects, source, destination):
    """A protocol without a port gets the range of all ports."""
    for policy in of_kind(objects, 'NetworkPolicy'):
        for rule in rules(policy):
            for port in rule.get('ports') or []:
                if 'port' not in port:
                    port.update(port=1, endPort=65535)


def no_block_of_all_ipv6(objects, source, destination):
    """A smaller block of the other family stands for the block of all of it."""

    def shrink(value):
        if value.get('cidr') == ALL_ADDRESSES:
            value['cidr'] = '2001:db8::/32'

    for policy in of_kind(objects, 'NetworkPolicy'):
        visit(policy, shrink)


def contains(block, address):
    def inside(cidr):
        return ipaddress.ip_address(address) in ipaddress.ip_network(cidr, strict=False)

    return inside(block['cidr']) and not any(inside(one) for one in block.get('except') or [])


def pods_beside_blocks(objects, source, destination):
    """Next to each block stands a selector of the pods whose addresses are in it."""
    label_addresses(objects)
    addresses = [pod['status']['podIP'] for pod in of_kind(objects, 'Pod')]

    def selectors(blocks):
        inside = [one for one in addresses if any(contains(block, one) for block in blocks)]
        if not inside:
            return []
        return [{'namespaceSelector': {}, 'podSelector': {'matchExpressions': [at_addresses('In', inside)]}}]

    for policy in policies(objects):
        for rule in rules(policy):
            side = 'from' if 'from' in rule else 'to'
            for peer in list(rule.get(side) or []):
                if 'ipBlock' in peer:
                    rule[side].extend(selectors([peer['ipBlock']]))
                if 'networks' in peer:
                    rule[side].extend({'pods': one} for one in selectors([{'cidr': cidr} for cidr in peer['networks']]))


def named_ports(pod):
    containers = pod['spec']['containers'] if pod else []
    return [
        (port['name'], port.get('protocol', 'TCP'), port['containerPort'])
        for container in containers
        for port in container.get('ports', [])
    ]


def numbers_for_names(objects, source, destination):
    """Each name of a port becomes what it stands for at the destination; a rule that is left without ports goes."""
    pod = next((one for one in of_kind(objects, 'Pod') if one['status']['podIP'] == destination), None)
    named = named_ports(pod)

    def numbered(port):
        if 'namedPort' in port:
            return [{'portNumber': {'protocol': p, 'port': n}} for name, p, n in named if name == port['namedPort']]
        if isinstance(port.get('port'), str):
            wanted = (port['port'], port.get('protocol', 'TCP'))
            return [{'protocol': p, 'port': n} for name, p, n in named if (name, p) == wanted]
        return [port]

    for policy in of_kind(objects, 'NetworkPolicy', *ADMIN):
        spec = policy['spec']
        if policy['kind'] == 'NetworkPolicy':
            spec['policyTypes'] = types_of(spec)
        for field in ('ingress', 'egress'):
            for rule in list(spec.get(field) or []):
                if rule.get('ports'):
                    rule['ports'] = [new for port in rule['ports'] for new in numbered(port)]
                    if not rule['ports']:
                        spec[field] = [one for one in spec[field] if one is not rule]


def types_of(spec):
    return spec.get('policyTypes') or (['Ingress', 'Egress'] if spec.get('egress') else ['Ingress'])


def only_policies_of_the_direction(objects, source, destination):
    """A NetworkPolicy that says nothing of what the source sends does not select it; likewise with the destination."""
    label_addresses(objects)
    for policy in of_kind(objects, 'NetworkPolicy'):
        spec = policy['spec']
        types = types_of(spec)
        ends = [end for end, direction in ((source, 'Egress'), (destination, 'Ingress')) if direction not in types]
        if ends:
            selector = spec.setdefault('podSelector', {})
            selector['matchExpressions'] = (selector.get('matchExpressions') or []) + [at_addresses('NotIn', ends)]


def holds(selector, labels):
    def one(expression):
        key, values = expression['key'], expression.get('values', [])
        return {
            'In': key in labels and labels[key] in values,
            'NotIn': key not in labels or labels[key] not in values,
            'Exists': key in labels,
            'DoesNotExist': key not in labels,
        }[expression['operator']]

    exact = all(key in labels and labels[key] == wanted for key, wanted in (selector.get('matchLabels') or {}).items())
    return exact and all(one(expression) for expression in selector.get('matchExpressions') or [])


def baseline_of(objects, address):
    """The names of the Baseline policies that are about the pod, in their order."""
    pod = next((one for one in of_kind(objects, 'Pod') if one['status']['podIP'] == address), None)
    if not pod:
        return ()
    namespaces = {one['metadata']['name']: label(one) for one in of_kind(objects, 'Namespace')}
    of_namespace, of_pod = namespaces[pod['metadata']['namespace']], label(pod)

    def selects(subject):
        if 'namespaces' in subject:
            return holds(subject['namespaces'], of_namespace)
        both = subject['pods']
        return holds(both['namespaceSelector'], of_namespace) and holds(both['podSelector'], of_pod)

    baseline = [one for one in of_kind(objects, 'ClusterNetworkPolicy') if one['spec']['tier'] == 'Baseline']
    found = [one for one in baseline if selects(one['spec']['subject'])]
    return tuple(one['metadata']['name'] for one in sorted(found, key=lambda one: one['spec']['priority']))


def older_rule(rule, actions):
    """A rule of a ClusterNetworkPolicy as one of an AdminNetworkPolicy."""

    def port(protocol):
        if 'destinationNamedPort' in protocol:
            return {'namedPort': protocol['destinationNamedPort']}
        ((name, match),) = protocol.items()
        wanted = match['destinationPort']
        if 'number' in wanted:
            return {'portNumber': {'protocol': name.upper(), 'port': wanted['number']}}
        return {'portRange': {'protocol': name.upper(), **wanted['range']}}

    older = {'action': actions[rule['action']], **{side: rule[side] for side in ('from', 'to') if side in rule}}
    if 'protocols' in rule:
        older['ports'] = [port(one) for one in rule['protocols']]
    return older


def older_kinds(objects, source, destination):
    """ClusterNetworkPolicies become AdminNetworkPolicies and, for these two ends, one BaselineAdminNetworkPolicy."""
    cluster = {one['metadata']['name']: one for one in of_kind(objects, 'ClusterNetworkPolicy')}
    if not cluster:
        return
    actions = {'Accept': 'Allow', 'Deny': 'Deny', 'Pass': 'Pass'}
    # What passes the Baseline tier is allowed: nothing comes after it.
    last = {**actions, 'Pass': 'Allow'}

    def merged(names, field):
        return [older_rule(rule, last) for name in names for rule in cluster[name]['spec'].get(field, [])]

    baseline = {
        'subject': {'namespaces': {}},
        'ingress': merged(baseline_of(objects, destination), 'ingress'),
        'egress': merged(baseline_of(objects, source), 'egress'),
    }
    for policy in cluster.values():
        objects.remove(policy)
        spec = policy['spec']
        if spec['tier'] == 'Admin':
            fields = {f: [older_rule(rule, actions) for rule in spec[f]] for f in ('ingress', 'egress') if f in spec}
            admin = {'priority': spec['priority'], 'subject': spec['subject'], **fields}
            objects.append({'kind': 'AdminNetworkPolicy', 'metadata': policy['metadata'], 'spec': admin})
    objects.append({'kind': 'BaselineAdminNetworkPolicy', 'metadata': {'name': 'default'}, 'spec': baseline})


def by_direction(objects):
    """Tells ends apart whose namespaces have a policy without their direction, where there is a Baseline tier at all."""
    upstream = of_kind(objects, *UPSTREAM)
    if not any(one['kind'] == 'BaselineAdminNetworkPolicy' or one['spec'].get('tier') == 'Baseline' for one in upstream):
        return lambda flow: None
    namespaces = {pod['status']['podIP']: pod['metadata']['namespace'] for pod in of_kind(objects, 'Pod')}
    without = {
        (policy['metadata']['namespace'], direction)
        for policy in of_kind(objects, 'NetworkPolicy')
        for direction in ('Egress', 'Ingress')
        if direction not in types_of(policy['spec'])
    }

    def end(address, direction):
        return address if (namespaces.get(address), direction) in without else None

    return lambda flow: (end(flow['from'], 'Egress'), end(flow['to'], 'Ingress'))


def by_baseline(objects):
    """Tells ends apart that other Baseline policies are about."""
    known = {pod['status']['podIP']: baseline_of(objects, pod['status']['podIP']) for pod in of_kind(objects, 'Pod')}
    return lambda flow: (known.get(flow['from']), known.get(flow['to']))


def by_destination(objects):
    return lambda flow: flow['to']


def together(objects):
    return lambda flow: None


# In the order in which they are applied, with what tells apart flows for which the wording differs.
WORDINGS = {
    'only-policies-of-the-direction': (only_policies_of_the_direction, by_direction),
    'older-kinds': (older_kinds, by_baseline),
    'numbers-for-names': (numbers_for_names, by_destination),
    'not-in-of-present-keys': (not_in_of_present_keys, together),
    'empty-values-in-expressions': (empty_values_in_expressions, together),
    'pods-beside-blocks': (pods_beside_blocks, together),
    'no-block-of-all-ipv6': (no_block_of_all_ipv6, together),
    'whole-ranges': (whole_ranges, together),
}


def rewritten(whole, wordings):
    """The sets that the set becomes: one for all flows for which the wording is the same."""
    objects, flows = whole['objects'], whole['flows']
    keys = [key(objects) for wording, (_, key) in WORDINGS.items() if wording in wordings]
    groups = {}
    for at, flow in enumerate(flows):
        groups.setdefault(tuple(key(flow) for key in keys), []).append(at)
    text = json.dumps(objects)
    for index in groups.values():
        one = json.loads(text)
        for wording, (apply, _) in WORDINGS.items():
            if wording in wordings:
                apply(one, flows[index[0]]['from'], flows[index[0]]['to'])
        yield {'seed': whole['seed'], 'objects': one, 'flows': [flows[at] for at in index], 'index': index}


if __name__ == '__main__':
    for line in sys.stdin:
        for one in rewritten(json.loads(line), sys.argv[1:]):
            print(json.dumps(one, separators=(',', ':')))
