package main

import (
	"net"
	"sort"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const port = "1053"

// row is one line of answers.jsonl: what was asked, and what came back.
type row struct {
	Name       string    `json:"name"`
	Type       string    `json:"type"`
	Class      string    `json:"class,omitempty"`
	From       string    `json:"from,omitempty"`
	Transport  string    `json:"transport,omitempty"`
	Size       uint16    `json:"size,omitempty"`
	Rcode      string    `json:"rcode,omitempty"`
	Flags      *flags    `json:"flags,omitempty"`
	Question   string    `json:"question,omitempty"`
	Answers    *[]string `json:"answers,omitempty"`
	Authority  *[]string `json:"authority,omitempty"`
	Additional *[]string `json:"additional,omitempty"`
}

type flags struct {
	AA bool `json:"aa"`
	TC bool `json:"tc"`
}

func isV6(address string) bool { return strings.Contains(address, ":") }

// ask sends one query from the row's address to a server and fills in the rest of the row.
func ask(asked row, server string) (row, error) {
	message := new(dns.Msg)
	message.SetQuestion(dns.Fqdn(asked.Name), dns.StringToType[asked.Type])
	if asked.Class != "" {
		message.Question[0].Qclass = dns.StringToClass[asked.Class]
	}
	if asked.Size > 0 {
		message.SetEdns0(asked.Size, false)
	}
	from := asked.From
	if from == "" {
		from = "127.0.0.1"
	}
	if isV6(from) {
		server = "::1"
	}
	client := &dns.Client{Net: "udp", Timeout: 9 * time.Second, UDPSize: 65535}
	dialer := &net.Dialer{LocalAddr: &net.UDPAddr{IP: net.ParseIP(from), Port: 40053}}
	if asked.Transport == "tcp" {
		client.Net = "tcp"
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	client.Dialer = dialer
	result := row{Name: asked.Name, Type: asked.Type, Class: asked.Class, From: asked.From, Transport: asked.Transport, Size: asked.Size}
	reply, _, err := client.Exchange(message, net.JoinHostPort(server, port))
	if err != nil {
		if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
			result.Rcode = "(no reply)"
			return result, nil
		}
		return result, err
	}
	result.Rcode = dns.RcodeToString[reply.Rcode]
	result.Flags = &flags{AA: reply.Authoritative, TC: reply.Truncated}
	if len(reply.Question) > 0 {
		q := reply.Question[0]
		result.Question = q.Name + " " + dns.ClassToString[q.Qclass] + " " + dns.TypeToString[q.Qtype]
	}
	if reply.Truncated {
		return result, nil
	}
	result.Answers, result.Authority, result.Additional = section(reply.Answer), section(reply.Ns), section(reply.Extra)
	return result, nil
}

// section writes records as text. CNAMEs come first and keep their order, which is a chain; all other records are
// sorted, because CoreDNS shuffles them or takes them from a map.
func section(records []dns.RR) *[]string {
	chain, rest := []string{}, []string{}
	for _, record := range records {
		if record.Header().Rrtype == dns.TypeOPT {
			continue
		}
		if soa, ok := record.(*dns.SOA); ok && strings.HasPrefix(soa.Ns, "ns.dns.") {
			soa.Serial = 0
		}
		line := strings.Join(strings.Fields(strings.ReplaceAll(record.String(), "\t", " ")), " ")
		if record.Header().Rrtype == dns.TypeCNAME {
			chain = append(chain, line)
		} else {
			rest = append(rest, line)
		}
	}
	sort.Strings(rest)
	all := append(chain, rest...)
	return &all
}
