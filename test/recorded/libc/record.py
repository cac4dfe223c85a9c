#!/usr/bin/env python3
"""Records what real resolver libraries ask, on which server and when, and what they make of the answers.

Each scenario runs in a network and mount namespace of its own, with its own resolv.conf, hosts and nsswitch.conf
and scripted DNS servers on addresses of its loopback device. See README.md for how to run it.
"""
import concurrent.futures, json, os, select, socket, struct, subprocess, sys, tempfile, time

TYPES = {1: 'A', 28: 'AAAA'}
RCODES = {'tc': 0, 'nd': 0, 'nx': 3, 'sf': 2, 'ref': 5}


def read_question(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode())
        at += packet[at] + 1
    kind = struct.unpack('!H', packet[at + 1:at + 3])[0]
    return '.'.join(labels) + '.', TYPES.get(kind, str(kind)), packet[12:at + 5]


def wire_name(name):
    return b''.join(bytes([len(one)]) + one.encode() for one in name.strip('.').split('.')) + b'\0'


def reply(packet, question, kind, script):
    """The answer that the script states: an error's code, addresses, or `cname TARGET [address…]`."""
    records = []
    words = script.split()
    if words[0] == 'cname':
        records.append(b'\xc0\x0c' + struct.pack('!HHIH', 5, 1, 30, len(wire_name(words[1]))) + wire_name(words[1]))
        words = words[2:]
    owner = b'\xc0\x0c' if not records else struct.pack('!H', 0xc000 | (12 + len(question) + 12))
    if words and words[0] not in RCODES:
        for address in words:
            data = socket.inet_pton(socket.AF_INET if kind == 'A' else socket.AF_INET6, address)
            records.append(owner + struct.pack('!HHIH', 1 if kind == 'A' else 28, 1, 30, len(data)) + data)
    rcode = RCODES.get(words[0], 0) if words else 0
    flags = 0x8000 | 0x0400 | 0x0100 | 0x0080 | rcode | (0x0200 if words[:1] == ['tc'] else 0)
    return packet[:2] + struct.pack('!HHHHH', flags, 1, len(records), 0, 0) + question + b''.join(records)


def scripted(server, name, kind, seen, tcp=False):
    """What this server says to this question; a list is said one after the other, its last one ever after."""
    keys = (f'{name} {kind}', name, f'* {kind}', '*')
    for key in (*(f'tcp {key}' for key in keys if tcp), *keys):
        if key in server:
            said = server[key]
            if isinstance(said, str):
                return said
            count = seen.get((id(server), key), 0)
            seen[(id(server), key)] = count + 1
            return said[min(count, len(said) - 1)]
    return 'nx'


def inside(scenario, command):
    """Runs within the namespaces: serves the script and waits for the client to end."""
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    with tempfile.TemporaryDirectory() as folder:
        files = {
            'resolv.conf': scenario['resolvConf'],
            'hosts': scenario.get('hosts', ''),
            'nsswitch.conf': 'hosts: files dns\n',
            'host.conf': 'multi on\n',
        }
        for name, text in files.items():
            path = os.path.join(folder, name)
            open(path, 'w').write(text)
            subprocess.run(['mount', '--bind', path, f'/etc/{name}'], check=True)
        if 'device' in scenario:
            subprocess.run(['ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'far'], check=True)
            for end in ('eth0', 'far'):
                subprocess.run(['ip', 'link', 'set', end, 'up'], check=True)
            for address in scenario['device']:
                family = '-6' if ':' in address else '-4'
                subprocess.run(['ip', family, 'address', 'add', address, 'dev', 'eth0', *(['nodad'] if family == '-6' else [])], check=True)
                subprocess.run(['ip', family, 'route', 'add', 'default', 'dev', 'eth0'], check=True)
        sockets, listeners = {}, {}
        for address, server in scenario['servers'].items():
            if address != '127.0.0.1' and server != 'no route':
                subprocess.run(['ip', 'address', 'add', f'{address}/32', 'dev', 'lo'], check=True)
            if isinstance(server, str) and server.startswith('icmp'):
                subprocess.run(['iptables', '-A', 'INPUT', '-d', address, '-p', 'udp', '-j', 'REJECT',
                                '--reject-with', server], check=True)
            if not isinstance(server, str):
                one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                one.bind((address, 53))
                sockets[one] = address
                if server.get('tcp') != 'closed':
                    listener = socket.create_server((address, 53))
                    listeners[listener] = address
        seen, queries, streams = {}, [], set()
        started = time.monotonic()
        client = subprocess.Popen(command + [scenario['name'], str(scenario.get('family', 0))],
                                  stdout=subprocess.PIPE, text=True)
        while client.poll() is None:
            for one in select.select([*sockets, *listeners], [], [], 0.02)[0]:
                if one in listeners:
                    if one not in streams:
                        stream, _ = one.accept()
                        listeners[stream] = listeners[one]
                        streams.add(stream)
                        continue
                    address = listeners[one]
                    head = one.recv(2)
                    if len(head) < 2:
                        del listeners[one]
                        one.close()
                        continue
                    packet = one.recv(struct.unpack('!H', head)[0])
                    name, kind, question = read_question(packet)
                    at = round(time.monotonic() - started, 1)
                    queries.append(f'{at} {address} {kind} {name} tcp')
                    said = scripted(scenario['servers'][address], name.lower(), kind, seen, tcp=True)
                    answer = reply(packet, question, kind, said)
                    one.sendall(struct.pack('!H', len(answer)) + answer)
                    continue
                packet, peer = one.recvfrom(2048)
                name, kind, question = read_question(packet)
                at = round(time.monotonic() - started, 1)
                server = scenario['servers'][sockets[one]]
                queries.append(f'{at} {sockets[one]} {kind} {name}')
                said = scripted(server, name.lower(), kind, seen)
                if said != 'silent':
                    one.sendto(reply(packet, question, kind, said), peer)
        seconds = round(time.monotonic() - started, 1)
        lines = client.stdout.read().split('\n')
        seconds = next((float(line.split()[1]) for line in lines if line.startswith('seconds')), seconds)
        result = {'queries': queries, 'seconds': seconds}
        error = [line.split()[1] for line in lines if line.startswith('error')]
        result.update({'error': error[0]} if error else
                      {'addresses': [line.split()[1] for line in lines if line.startswith('address')]})
        print(json.dumps(result))


def record(scenario, command):
    run = subprocess.run(['unshare', '-n', '-m', sys.executable, os.path.abspath(__file__), '--inside', *command],
                         input=json.dumps(scenario), capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{scenario['id']}: {run.stderr}")
    return {**scenario, **json.loads(run.stdout)}


def main():
    if sys.argv[1] == '--inside':
        inside(json.load(sys.stdin), sys.argv[2:])
        return
    path, *command = sys.argv[1:]
    asked = ('id', 'resolvConf', 'hosts', 'device', 'name', 'family', 'servers')
    scenarios = [{key: one[key] for key in asked if key in one} for one in json.load(open(path))]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        recorded = list(pool.map(lambda one: record(one, command), scenarios))
    open(path, 'w').write('[\n' + ',\n'.join(json.dumps(one) for one in recorded) + '\n]\n')


main()
