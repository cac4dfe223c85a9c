import { describe, expect, test } from 'vitest'
import { matchZone } from '../../src/dns/name.ts'
import {
  askCoreDns,
  coreDnsWith,
  ip,
  onlyResponse,
  outsideWith,
  queryOf,
  shortRecords,
} from '../support/coredns.ts'
import { kubernetesDataOf } from '../support/kubernetes-data.ts'
import { recordedObjects } from '../support/recorded-objects.ts'

/** Its number, the query, the response code or where the query goes, the answers, and the additional records. */
type Row = readonly [string, string, string, readonly string[], readonly string[]]

interface Group {
  readonly title: string
  readonly objects: string
  readonly plugins: string
  readonly ttl: number
  readonly rows: readonly Row[]
}

/** What the server outside knows. */
const outside = outsideWith('ext.interwebs.test. 5 IN A 1.2.3.4', 'www.example.com. 5 IN A 198.51.100.5')

// biome-ignore format: one query a line
const groups: readonly Group[] = [
  { title: 'c1', objects: 'c1', ttl: 5, plugins: 'kubernetes cluster.local {\n namespaces testns\n }\n forward . 192.0.2.53', rows: [
    ['a001', 'svc1.testns.svc.cluster.local A', 'NOERROR', ['A 10.0.0.1'], []],
    ['a002', 'svcempty.testns.svc.cluster.local A', 'NOERROR', ['A 10.0.0.1'], []],
    ['a003', 'svc1.testns.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 80 svc1.testns.svc.cluster.local'], ['svc1.testns.svc.cluster.local > A 10.0.0.1']],
    ['a004', 'svcempty.testns.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 80 svcempty.testns.svc.cluster.local'], ['svcempty.testns.svc.cluster.local > A 10.0.0.1']],
    ['a005', 'svc6.testns.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 80 svc6.testns.svc.cluster.local'], ['svc6.testns.svc.cluster.local > AAAA 1234:abcd::1']],
    ['a006', '_http._tcp.svc1.testns.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 80 svc1.testns.svc.cluster.local'], ['svc1.testns.svc.cluster.local > A 10.0.0.1']],
    ['a007', '_http._tcp.svcempty.testns.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 80 svcempty.testns.svc.cluster.local'], ['svcempty.testns.svc.cluster.local > A 10.0.0.1']],
    ['a008', '_http._tcp.svc6.testns.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 80 svc6.testns.svc.cluster.local'], ['svc6.testns.svc.cluster.local > AAAA 1234:abcd::1']],
    ['a009', 'svc1.testns.svc.cluster.local AAAA', 'NOERROR', [], []],
    ['a010', 'svc6.testns.svc.cluster.local AAAA', 'NOERROR', ['AAAA 1234:abcd::1'], []],
    ['a011', 'svc6.testns.svc.cluster.local A', 'NOERROR', [], []],
    ['a012', 'svc-dual-stack.testns.svc.cluster.local A', 'NOERROR', ['A 10.0.0.3'], []],
    ['a013', 'svc-dual-stack.testns.svc.cluster.local AAAA', 'NOERROR', ['AAAA 10::3'], []],
    ['a014', 'svc-dual-stack.testns.svc.cluster.local SRV', 'NOERROR', ['SRV 0 50 80 svc-dual-stack.testns.svc.cluster.local'], ['svc-dual-stack.testns.svc.cluster.local > A 10.0.0.3', 'svc-dual-stack.testns.svc.cluster.local > AAAA 10::3']],
    ['a015', 'svc1.testns.svc.cluster.local TXT', 'NOERROR', [], []],
    ['a016', 'svc1.testns.svc.cluster.local SOA', 'NOERROR', [], []],
    ['a017', 'svc1.testns.svc.cluster.local MX', 'NOERROR', [], []],
    ['a018', 'svc1.testns.svc.cluster.local CNAME', 'NOERROR', [], []],
    ['a019', 'svc1.testns.svc.cluster.local HTTPS', 'NOERROR', [], []],
    ['a020', '_http._tcp.svc1.testns.svc.cluster.local A', 'NOERROR', ['A 10.0.0.1'], []],
    ['a021', 'http.tcp.svc1.testns.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 80 svc1.testns.svc.cluster.local'], ['svc1.testns.svc.cluster.local > A 10.0.0.1']],
    ['a022', '_https._tcp.svc1.testns.svc.cluster.local SRV', 'NXDOMAIN', [], []],
    ['a023', '_http._udp.svc1.testns.svc.cluster.local SRV', 'NXDOMAIN', [], []],
    ['a024', '_tcp.svc1.testns.svc.cluster.local SRV', 'NXDOMAIN', [], []],
    ['a025', 'x._http._tcp.svc1.testns.svc.cluster.local SRV', 'NXDOMAIN', [], []],
    ['a026', 'ep1a.svc1.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.1'], []],
    ['a027', '172-0-0-1.svc1.testns.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['a028', '*.testns.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['a030', 'svc0.testns.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['a031', 'svc0.testns.svc.cluster.local AAAA', 'NXDOMAIN', [], []],
    ['a032', 'svc0.svc-nons.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['a033', 'svc0.svc-nons.svc.cluster.local TXT', 'NXDOMAIN', [], []],
    ['a034', 'bogusendpoint.hdls1.testns.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['a035', 'bogusendpoint.svc0.testns.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['a036', 'svc1.unexposedns.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['a037', 'svc1.testns.cluster.local A', 'NXDOMAIN', [], []],
    ['a038', 'svc1.testns.services.cluster.local A', 'NXDOMAIN', [], []],
    ['a040', 'svc.cluster.local A', 'NOERROR', [], []],
    ['a041', 'pod.cluster.local A', 'NOERROR', [], []],
    ['a042', 'testns.svc.cluster.local A', 'NOERROR', [], []],
    ['a043', 'svc.cluster.local NS', 'NOERROR', [], []],
    ['a044', 'testns.svc.cluster.local NS', 'NOERROR', [], []],
    ['a045', 'foo.cluster.local NS', 'NXDOMAIN', [], []],
    ['a046', 'foo.svc.cluster.local NS', 'NXDOMAIN', [], []],
    ['a050', 'cluster.local SOA', 'NOERROR', ['SOA ns.dns.cluster.local hostmaster.cluster.local <serial> 7200 1800 86400 5'], []],
    ['a051', 'cluster.local A', 'NOERROR', [], []],
    ['a052', 'cluster.local AAAA', 'NOERROR', [], []],
    ['a053', 'cluster.local SRV', 'NOERROR', [], []],
    ['a054', 'cluster.local HINFO', 'NOERROR', [], []],
    ['a055', 'cluster.local NS', 'NOERROR', ['NS ns.dns.cluster.local'], ['ns.dns.cluster.local > A 127.0.0.1']],
    ['a056', 'dns-version.cluster.local TXT', 'NOERROR', ['TXT "1.1.0"'], []],
    ['a057', 'cluster.local AXFR', 'REFUSED', [], []],
    ['a060', 'hdls1.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.2', 'A 172.0.0.3', 'A 172.0.0.4', 'A 172.0.0.5'], []],
    ['a061', 'hdls1.testns.svc.cluster.local AAAA', 'NOERROR', ['AAAA 5678:abcd::1', 'AAAA 5678:abcd::2'], []],
    ['a062', 'hdlsprtls.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.20'], []],
    ['a063', 'hdlsprtls.testns.svc.cluster.local SRV', 'NOERROR', [], []],
    ['a064', '172-0-0-20.hdlsprtls.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.20'], []],
    ['a065', '172-0-0-2.hdls1.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.2'], []],
    ['a066', '172-0-0-3.hdls1.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.3'], []],
    ['a067', '5678-abcd--1.hdls1.testns.svc.cluster.local AAAA', 'NOERROR', ['AAAA 5678:abcd::1'], []],
    ['a068', '5678-abcd--2.hdls1.testns.svc.cluster.local AAAA', 'NOERROR', ['AAAA 5678:abcd::2'], []],
    ['a069', '5678-abcd--1.hdls1.testns.svc.cluster.local A', 'NOERROR', [], []],
    ['a070', 'dup-name.hdls1.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.4', 'A 172.0.0.5'], []],
    ['a071', '172-0-0-4.hdls1.testns.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['a072', '_http._tcp.hdls1.testns.svc.cluster.local SRV', 'NOERROR', ['SRV 0 16 80 172-0-0-2.hdls1.testns.svc.cluster.local', 'SRV 0 16 80 172-0-0-3.hdls1.testns.svc.cluster.local', 'SRV 0 16 80 5678-abcd--1.hdls1.testns.svc.cluster.local', 'SRV 0 16 80 5678-abcd--2.hdls1.testns.svc.cluster.local', 'SRV 0 16 80 dup-name.hdls1.testns.svc.cluster.local'], ['172-0-0-2.hdls1.testns.svc.cluster.local > A 172.0.0.2', '172-0-0-3.hdls1.testns.svc.cluster.local > A 172.0.0.3', '5678-abcd--1.hdls1.testns.svc.cluster.local > AAAA 5678:abcd::1', '5678-abcd--2.hdls1.testns.svc.cluster.local > AAAA 5678:abcd::2', 'dup-name.hdls1.testns.svc.cluster.local > A 172.0.0.4', 'dup-name.hdls1.testns.svc.cluster.local > A 172.0.0.5']],
    ['a080', 'external.testns.svc.cluster.local CNAME', 'NOERROR', ['CNAME ext.interwebs.test'], []],
    ['a081', 'external.testns.svc.cluster.local A', 'NOERROR', ['CNAME ext.interwebs.test', 'ext.interwebs.test > A 1.2.3.4'], []],
    ['a082', 'external-to-service.testns.svc.cluster.local A', 'NOERROR', ['CNAME svc1.testns.svc.cluster.local', 'svc1.testns.svc.cluster.local > A 10.0.0.1'], []],
    ['a083', 'external-to-service.testns.svc.cluster.local AAAA', 'NOERROR', [], []],
    ['a084', 'endpoint.external.testns.svc.cluster.local CNAME', 'NXDOMAIN', [], []],
    ['a085', 'subdomain.subdomain.external.testns.svc.cluster.local CNAME', 'NXDOMAIN', [], []],
    ['a086', 'external.testns.svc.cluster.local SRV', 'NOERROR', [], []],
    ['a087', 'external.testns.svc.cluster.local TXT', 'NOERROR', [], []],
    ['a090', 'SvC1.TeStNs.SvC.cLuStEr.LoCaL A', 'NOERROR', ['A 10.0.0.1'], []],
    ['a091', '_HtTp._TcP.sVc1.TeStNs.SvC.cLuStEr.LoCaL SRV', 'NOERROR', ['SRV 0 100 80 svc1.testns.svc.cLuStEr.LoCaL'], ['svc1.testns.svc.cLuStEr.LoCaL > A 10.0.0.1']],
    ['a092', 'not-a-service.testns.svc.ClUsTeR.lOcAl A', 'NXDOMAIN', [], []],
    ['a093', 'Cluster.local SOA', 'NOERROR', ['SOA ns.dns.Cluster.local hostmaster.Cluster.local <serial> 7200 1800 86400 5'], []],
    ['a100', '10-240-0-1.podns.pod.cluster.local A', 'NXDOMAIN', [], []],
    ['a101', '172-0-0-2.podns.pod.cluster.local A', 'NXDOMAIN', [], []],
  ] },
  { title: 'c1 all namespaces', objects: 'c1', ttl: 5, plugins: 'kubernetes cluster.local', rows: [
    ['a110', 'svc1.testns.svc.cluster.local A', 'NOERROR', ['A 10.0.0.1'], []],
    ['a111', 'svc1.nsnoexist.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['a112', 'svc1.unexposedns.svc.cluster.local A', 'NOERROR', ['A 10.0.0.2'], []],
  ] },
  { title: 'c1 not synced', objects: 'c1', ttl: 5, plugins: 'kubernetes cluster.local', rows: [
    ['a115', 'svc0.testns.svc.cluster.local A', 'SERVFAIL', [], []],
  ] },
  { title: 'c1 pods insecure', objects: 'c1', ttl: 5, plugins: 'kubernetes cluster.local {\n pods insecure\n }', rows: [
    ['a120', '10-240-0-1.podns.pod.cluster.local A', 'NOERROR', ['A 10.240.0.1'], []],
    ['a121', '172-0-0-2.podns.pod.cluster.local A', 'NOERROR', ['A 172.0.0.2'], []],
    ['a122', 'blah.podns.pod.cluster.local A', 'NXDOMAIN', [], []],
    ['a123', 'blah.podns.pod.cluster.local AAAA', 'NXDOMAIN', [], []],
    ['a124', 'blah.podns.pod.cluster.local HINFO', 'NXDOMAIN', [], []],
    ['a125', 'blah.pod-nons.pod.cluster.local A', 'NXDOMAIN', [], []],
    ['a126', 'podns.pod.cluster.local A', 'NOERROR', [], []],
    ['a127', '10-240-0-1.podns.pod.cluster.local AAAA', 'NOERROR', [], []],
    ['a128', 'fd00--5.podns.pod.cluster.local AAAA', 'NOERROR', ['AAAA fd00::5'], []],
    ['a129', '300-1-1-1.podns.pod.cluster.local A', 'NXDOMAIN', [], []],
    ['a130', '10-240-0-1.pod-nons.pod.cluster.local A', 'NXDOMAIN', [], []],
    ['a131', 'any.10-240-0-1.podns.pod.cluster.local A', 'NOERROR', ['A 10.240.0.1'], []],
  ] },
  { title: 'c1 pods verified', objects: 'c1', ttl: 5, plugins: 'kubernetes cluster.local {\n pods verified\n }', rows: [
    ['a140', '10-240-0-1.podns.pod.cluster.local A', 'NOERROR', ['A 10.240.0.1'], []],
    ['a141', 'podns.pod.cluster.local A', 'NOERROR', [], []],
    ['a142', 'svcns.svc.cluster.local A', 'NOERROR', [], []],
    ['a143', 'pod-nons.pod.cluster.local A', 'NXDOMAIN', [], []],
    ['a144', '172-0-0-2.podns.pod.cluster.local A', 'NXDOMAIN', [], []],
    ['a145', '10-240-0-1.testns.pod.cluster.local A', 'NXDOMAIN', [], []],
  ] },
  { title: 'c1 ignore empty service', objects: 'c1', ttl: 5, plugins: 'kubernetes cluster.local {\n ignore empty_service\n }', rows: [
    ['a150', 'svcempty.testns.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['a151', 'external.testns.svc.cluster.local CNAME', 'NOERROR', ['CNAME ext.interwebs.test'], []],
    ['a152', 'svc1.testns.svc.cluster.local A', 'NOERROR', ['A 10.0.0.1'], []],
  ] },
  { title: 'c1 multicluster', objects: 'multicluster', ttl: 5, plugins: 'kubernetes cluster.local {\n multicluster cluster.local\n }', rows: [
    ['a160', '172-0-0-2.cluster1.hdls1.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.2'], []],
    ['a161', 'dup-name.cluster1.hdls1.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.4', 'A 172.0.0.5'], []],
    ['a162', '5678-abcd--1.hdls1.testns.svc.cluster.local AAAA', 'NXDOMAIN', [], []],
    ['a163', 'hdls1.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.2', 'A 172.0.0.3', 'A 172.0.0.4', 'A 172.0.0.5'], []],
  ] },
  { title: 'c2', objects: 'c2', ttl: 5, plugins: 'kubernetes cluster.local 0.10.in-addr.arpa 168.192.in-addr.arpa d.c.b.a.4.3.2.1.ip6.arpa 0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa\n forward . 192.0.2.53', rows: [
    ['b001', '100.0.0.10.in-addr.arpa PTR', 'NOERROR', ['PTR ep1a.svc1.testns.svc.cluster.local'], []],
    ['b002', '100.1.168.192.in-addr.arpa PTR', 'NOERROR', ['PTR svc1.testns.svc.cluster.local'], []],
    ['b003', '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.c.b.a.4.3.2.1.ip6.arpa PTR', 'NOERROR', ['PTR ep1b.svc1.testns.svc.cluster.local'], []],
    ['b004', 'a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa PTR', 'NOERROR', ['PTR ip6svc1ex.svc1.testns.svc.cluster.local'], []],
    ['b005', '6.a.b.9.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.7.7.0.0.0.0.d.f.ip6.arpa PTR', 'NOERROR', ['PTR ip6svc1in.svc1.testns.svc.cluster.local'], []],
    ['b006', '101.0.0.10.in-addr.arpa PTR', 'NXDOMAIN', [], []],
    ['b007', '99.0.0.10.in-addr.arpa PTR', 'NOERROR', ['PTR double-ep.svc1.testns.svc.cluster.local', 'PTR double-ep.svc2.testns.svc.cluster.local'], []],
    ['b008', 'example.org.cluster.local PTR', 'NXDOMAIN', [], []],
    ['b009', 'svc1.testns.svc.cluster.local PTR', 'NOERROR', [], []],
    ['b010', 'svc1.testns.svc.0.10.in-addr.arpa A', 'NXDOMAIN', [], []],
    ['b011', '100.0.0.10.cluster.local PTR', 'NXDOMAIN', [], []],
    ['b012', '1.0.0.11.in-addr.arpa PTR', 'forwarded', [], []],
  ] },
  { title: 'c3', objects: 'c3', ttl: 30, plugins: 'kubernetes cluster.local in-addr.arpa ip6.arpa {\n pods insecure\n fallthrough in-addr.arpa ip6.arpa\n ttl 30\n }\n forward . /etc/resolv.conf', rows: [
    ['c001', 'kubernetes.default.svc.cluster.local A', 'NOERROR', ['A 10.96.0.1'], []],
    ['c002', '_https._tcp.kubernetes.default.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 443 kubernetes.default.svc.cluster.local'], ['kubernetes.default.svc.cluster.local > A 10.96.0.1']],
    ['c003', '_dns._udp.kube-dns.kube-system.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 53 kube-dns.kube-system.svc.cluster.local'], ['kube-dns.kube-system.svc.cluster.local > A 10.96.0.10']],
    ['c004', '_dns._tcp.kube-dns.kube-system.svc.cluster.local SRV', 'NXDOMAIN', [], []],
    ['c005', 'kube-dns.kube-system.svc.cluster.local SRV', 'NOERROR', ['SRV 0 33 53 kube-dns.kube-system.svc.cluster.local', 'SRV 0 33 9153 kube-dns.kube-system.svc.cluster.local'], ['kube-dns.kube-system.svc.cluster.local > A 10.96.0.10']],
    ['c006', 'cluster.local NS', 'NOERROR', ['NS kube-dns.kube-system.svc.cluster.local'], ['kube-dns.kube-system.svc.cluster.local > A 10.96.0.10']],
    ['c007', 'ns.dns.cluster.local A', 'NOERROR', ['A 10.96.0.10'], []],
    ['c008', 'ns.dns.cluster.local AAAA', 'NOERROR', [], []],
    ['c010', 'web.app.svc.cluster.local A', 'NOERROR', ['A 10.96.1.1'], []],
    ['c011', 'web.app.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 80 web.app.svc.cluster.local'], ['web.app.svc.cluster.local > A 10.96.1.1']],
    ['c012', '_http._tcp.web.app.svc.cluster.local SRV', 'NXDOMAIN', [], []],
    ['c013', 'multi.app.svc.cluster.local SRV', 'NOERROR', ['SRV 0 50 80 multi.app.svc.cluster.local', 'SRV 0 50 9000 multi.app.svc.cluster.local'], ['multi.app.svc.cluster.local > A 10.96.1.2']],
    ['c014', '_admin._tcp.multi.app.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 9000 multi.app.svc.cluster.local'], ['multi.app.svc.cluster.local > A 10.96.1.2']],
    ['c015', 'badport.app.svc.cluster.local A', 'NOERROR', ['A 10.96.1.3'], []],
    ['c016', 'noep.app.svc.cluster.local A', 'NOERROR', ['A 10.96.1.4'], []],
    ['c017', 'lb.app.svc.cluster.local A', 'NOERROR', ['A 10.96.1.5'], []],
    ['c018', '10-244-1-5.web.app.svc.cluster.local A', 'NOERROR', ['A 10.244.1.5'], []],
    ['c019', 'web-1.web.app.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['c020', 'hnone.app.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['c021', 'hnone.app.svc.cluster.local AAAA', 'NXDOMAIN', [], []],
    ['c022', 'hmix.app.svc.cluster.local A', 'NOERROR', ['A 10.244.1.6', 'A 10.244.1.8'], []],
    ['c023', 'hmix.app.svc.cluster.local AAAA', 'NOERROR', [], []],
    ['c024', 'hpub.app.svc.cluster.local A', 'NOERROR', ['A 10.244.1.6', 'A 10.244.2.6', 'A 10.244.2.7', 'A 10.244.1.8'], []],
    ['c025', 'alpha.hmix.app.svc.cluster.local A', 'NOERROR', ['A 10.244.1.8'], []],
    ['c026', 'alpha.hpub.app.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['c027', '10-244-1-8.hpub.app.svc.cluster.local A', 'NOERROR', ['A 10.244.1.8'], []],
    ['c028', '10-244-2-6.hmix.app.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['c029', '10-244-2-6.hpub.app.svc.cluster.local A', 'NOERROR', ['A 10.244.2.6'], []],
    ['c030', 'solo.nosvc.app.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['c031', '_http._tcp.hmix.app.svc.cluster.local SRV', 'NOERROR', ['SRV 0 50 8080 10-244-1-6.hmix.app.svc.cluster.local', 'SRV 0 50 8080 alpha.hmix.app.svc.cluster.local'], ['10-244-1-6.hmix.app.svc.cluster.local > A 10.244.1.6', 'alpha.hmix.app.svc.cluster.local > A 10.244.1.8']],
    ['c040', 'db.data.svc.cluster.local A', 'NOERROR', ['A 10.244.1.20'], []],
    ['c041', 'db-0.db.data.svc.cluster.local A', 'NOERROR', ['A 10.244.1.20'], []],
    ['c042', 'db-1.db.data.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['c043', 'db-0.data.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['c044', '10-244-1-20.db.data.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['c045', '_pg._tcp.db.data.svc.cluster.local SRV', 'NOERROR', ['SRV 0 100 5432 db-0.db.data.svc.cluster.local'], ['db-0.db.data.svc.cluster.local > A 10.244.1.20']],
    ['c046', '10-244-2-20.data.pod.cluster.local A', 'NOERROR', ['A 10.244.2.20'], []],
    ['c047', '8-8-8-8.data.pod.cluster.local A', 'NOERROR', ['A 8.8.8.8'], []],
    ['c050', 'ext.app.svc.cluster.local A', 'NOERROR', ['CNAME db.data.svc.cluster.local', 'db.data.svc.cluster.local > A 10.244.1.20'], []],
    ['c051', 'ext.app.svc.cluster.local AAAA', 'NOERROR', [], []],
    ['c052', 'ext.app.svc.cluster.local CNAME', 'NOERROR', ['CNAME db.data.svc.cluster.local'], []],
    ['c053', 'extgone.app.svc.cluster.local A', 'NOERROR', [], []],
    ['c054', 'extip.app.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['c055', 'extweb.app.svc.cluster.local A', 'NOERROR', ['CNAME www.example.com', 'www.example.com > A 198.51.100.5'], []],
    ['c056', 'extweb.app.svc.cluster.local AAAA', 'NOERROR', ['CNAME www.example.com'], []],
    ['c057', 'extbad.app.svc.cluster.local A', 'NOERROR', ['CNAME missing.example.com'], []],
    ['c060', '1.1.96.10.in-addr.arpa PTR', 'NOERROR', ['PTR web.app.svc.cluster.local'], []],
    ['c061', '5.1.244.10.in-addr.arpa PTR', 'NOERROR', ['PTR 10-244-1-5.web.app.svc.cluster.local', 'PTR 10-244-1-5.multi.app.svc.cluster.local', 'PTR 10-244-1-5.badport.app.svc.cluster.local', 'PTR 10-244-1-5.lb.app.svc.cluster.local'], []],
    ['c062', '20.1.244.10.in-addr.arpa PTR', 'NOERROR', ['PTR db-0.db.data.svc.cluster.local'], []],
    ['c063', '9.1.244.10.in-addr.arpa PTR', 'forwarded', [], []],
    ['c064', '9.113.0.203.in-addr.arpa PTR', 'forwarded', [], []],
    ['c070', 'www.example.com A', 'forwarded', [], []],
    ['c071', 'web.app A', 'forwarded', [], []],
    ['c072', 'web.app.svc A', 'forwarded', [], []],
  ] },
  { title: 'zonal', objects: 'zonal', ttl: 5, plugins: 'kubernetes cluster.local {\n zonal\n }', rows: [
    ['z001', 'us-west-2a.pin._zone.hdls.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.1'], []],
    ['z002', 'us-west-2b.pin._zone.hdls.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.2', 'A 172.0.0.3'], []],
    ['z003', 'us-west-2c.pin._zone.hdls.testns.svc.cluster.local A', 'NOERROR', [], []],
    ['z004', 'us-west-2a.prefer._zone.hdls.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.1'], []],
    ['z005', 'us-west-2c.prefer._zone.hdls.testns.svc.cluster.local A', 'NOERROR', ['A 172.0.0.1', 'A 172.0.0.2', 'A 172.0.0.3'], []],
    ['z006', 'us-west-2a.pin._zone.ghost.testns.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['z007', 'us-west-2a.florp._zone.hdls.testns.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['z008', 'us-west-2a.pin._zone.clstr.testns.svc.cluster.local A', 'NXDOMAIN', [], []],
    ['z009', 'us-west-2b.pin._zone.hdls.testns.svc.cluster.local SRV', 'NOERROR', ['SRV 0 50 80 172-0-0-2.hdls.testns.svc.cluster.local', 'SRV 0 50 80 172-0-0-3.hdls.testns.svc.cluster.local'], ['172-0-0-2.hdls.testns.svc.cluster.local > A 172.0.0.2', '172-0-0-3.hdls.testns.svc.cluster.local > A 172.0.0.3']],
    ['z010', 'us-west-2c.pin._zone.hdls.testns.svc.cluster.local TXT', 'NOERROR', [], []],
  ] },
  { title: 'zonal option off', objects: 'zonal', ttl: 5, plugins: 'kubernetes cluster.local', rows: [
    ['z011', 'us-west-2a.pin._zone.hdls.testns.svc.cluster.local A', 'NXDOMAIN', [], []],
  ] },
]

/** The serial is the time of the last change, of which nothing is known. */
const serial = '0'

describe.for(groups)('$title', ({ title, objects, plugins, ttl, rows }) => {
  const known = kubernetesDataOf(recordedObjects(objects))
  const data = title === 'c1 not synced' ? { ...known, notSynced: true as const } : known
  const own = objects === 'c3' ? '10.244.0.3' : '127.0.0.1'
  const server = { ...coreDnsWith(`.:53 {\n ${plugins}\n}`, data), addresses: [ip(own)] }
  const zones = plugins.split('\n')[0]?.match(/[\w.-]+\.(?:local|arpa)/g) ?? []

  test.for(rows)('%s %s: %s', ([, text, rcode, answers, additional]) => {
    const query = queryOf(text, { bufferSize: 4096 })
    const answered = askCoreDns(server, query, outside)
    const questions = answered.asked.map(({ question }) => `${question.name} ${question.type}`)
    if (rcode === 'forwarded') {
      expect(questions).toEqual([`${query.name} ${query.type}`])
      return
    }
    const response = onlyResponse(answered)
    expect(response.rcode).toBe(rcode)
    expect(shortRecords(response.answers, query.name)).toEqual(
      answers.map((one) => one.replace('<serial>', serial)).toSorted(),
    )
    expect(shortRecords(response.additional, '')).toEqual(additional.toSorted())
    const zone =
      matchZone(
        zones.map((one) => `${one}.`),
        query.name,
      ) ?? ''
    const denial = answers.length === 0 && rcode !== 'REFUSED'
    expect(response.authority.map(({ name, type }) => `${name} ${type}`)).toEqual(
      denial ? [`${query.name.slice(-zone.length)} SOA`] : [],
    )
    const foreign = ['dns-version.', 'ext.interwebs.', 'www.example.', 'missing.example.']
    for (const record of [...response.answers, ...response.authority, ...response.additional]) {
      if (!foreign.some((name) => record.name.startsWith(name))) expect(record.ttl).toBe(ttl)
    }
  })
})
