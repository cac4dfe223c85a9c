import type { Rcode } from './message.ts'

const rcodes: readonly Rcode[] = [
  'NOERROR',
  'FORMERR',
  'SERVFAIL',
  'NXDOMAIN',
  'NOTIMP',
  'REFUSED',
  'YXDOMAIN',
  'YXRRSET',
  'NXRRSET',
  'NOTAUTH',
  'NOTZONE',
]

/** A response code by its mnemonic in upper case. */
export function asRcode(text: string): Rcode | undefined {
  return rcodes.find((rcode) => rcode === text)
}

/** A response code by its number, or by its mnemonic in any letter case. */
export function rcodeOf(text: string): Rcode | undefined {
  return /^\d+$/.test(text) ? rcodes[Number(text)] : asRcode(text.toUpperCase())
}

const types = new Set(
  `A NS MD MF CNAME SOA MB MG MR NULL PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP-PTR SIG KEY PX GPOS AAAA LOC
  NXT EID NIMLOC SRV ATMA NAPTR KX CERT DNAME OPT APL DS SSHFP IPSECKEY RRSIG NSEC DNSKEY DHCID NSEC3 NSEC3PARAM TLSA
  SMIMEA HIP NINFO RKEY TALINK CDS CDNSKEY OPENPGPKEY CSYNC ZONEMD SVCB HTTPS SPF UINFO UID GID UNSPEC NID L32 L64 LP
  EUI48 EUI64 NXNAME URI CAA AVC AMTRELAY RESINFO TKEY TSIG IXFR AXFR MAILB MAILA ANY TA DLV`.split(/\s+/),
)

/** Whether it is a record type's mnemonic, in upper case. Mirrors StringToType of miekg/dns. */
export function isType(text: string): boolean {
  return types.has(text)
}

/** Whether it is a class's mnemonic, in upper case. Mirrors StringToClass of miekg/dns. */
export function isClass(text: string): boolean {
  return ['IN', 'CS', 'CH', 'HS', 'NONE', 'ANY'].includes(text)
}
