package main

import (
	"fmt"
	"math/rand"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/miekg/dns"
	"sigs.k8s.io/yaml"
)

// cluster is a random cluster under construction. The same seed gives the same cluster and the same queries.
type cluster struct {
	random     *rand.Rand
	namespaces []string
	objects    []object
	services   []service
	// names are the endpoint labels of each Service that queries may ask for, right or wrong.
	names     map[string][]string
	addresses []string
	pods      map[string][]string
	next      int
}

type service struct {
	namespace, name string
	ports           []object
	external        bool
}

func (c *cluster) chance(percent int) bool { return c.random.Intn(100) < percent }

func pick[T any](c *cluster, from ...T) T { return from[c.random.Intn(len(from))] }

// generate writes objects.yaml, a Corefile and the queries of answers.jsonl.
func generate(seedText, folder string) error {
	seed, err := strconv.ParseInt(seedText, 10, 64)
	if err != nil {
		return err
	}
	c := &cluster{random: rand.New(rand.NewSource(seed)), names: map[string][]string{}, pods: map[string][]string{}}
	for _, name := range []string{"default", "kube-system", "blue", "green", "pod", "svc"}[:3+c.random.Intn(4)] {
		c.namespaces = append(c.namespaces, name)
		c.add("v1", "Namespace", object{"name": name, "labels": object{"team": pick(c, "a", "b")}}, nil)
	}
	for range 14 {
		c.pod()
	}
	c.server()
	for number := range 24 {
		c.service(number)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	var documents []string
	for _, one := range c.objects {
		text, err := yaml.Marshal(one)
		if err != nil {
			return err
		}
		documents = append(documents, string(text))
	}
	if err := os.WriteFile(filepath.Join(folder, "objects.yaml"), []byte(strings.Join(documents, "---\n")), 0o644); err != nil {
		return err
	}
	corefile, queries := c.corefile(), ""
	if err := os.WriteFile(filepath.Join(folder, "Corefile"), []byte(corefile), 0o644); err != nil {
		return err
	}
	for _, one := range c.queries(240) {
		queries += encode(one)
	}
	return os.WriteFile(filepath.Join(folder, "answers.jsonl"), []byte(queries), 0o644)
}

func (c *cluster) add(version, kind string, metadata, spec object) object {
	one := object{"apiVersion": version, "kind": kind, "metadata": metadata}
	if spec != nil {
		one["spec"] = spec
	}
	c.objects = append(c.objects, one)
	return one
}

func (c *cluster) address(family string) string {
	c.next++
	if family == "IPv6" {
		return pick(c, "fd00:10:244:%d::%x", "fd00:10:244:0:%d:%x::", "2001:db8::%d:%x")
	}
	return "10.244.%d.%d"
}

func (c *cluster) fresh(family string) string {
	address := net.ParseIP(fmt.Sprintf(c.address(family), c.random.Intn(4), c.next+3)).String()
	c.addresses = append(c.addresses, address)
	return address
}

func (c *cluster) virtual(family string) string {
	c.next++
	subnet, host := c.random.Intn(4), c.next+3
	address := fmt.Sprintf("10.96.%d.%d", subnet, host)
	if family == "IPv6" {
		address = fmt.Sprintf("fd00:10:96::%x", subnet*256+host)
	}
	c.addresses = append(c.addresses, address)
	return address
}

// pod adds a Pod, often in both families, sometimes finished or without an address yet.
func (c *cluster) pod() {
	namespace := pick(c, c.namespaces...)
	name := fmt.Sprintf("pod-%d", len(c.objects))
	one := c.add("v1", "Pod", object{"name": name, "namespace": namespace, "labels": object{"app": "generated"}},
		object{"containers": []object{{"name": "main", "image": "registry.k8s.io/pause:3.10"}}})
	phase := pick(c, "Running", "Running", "Running", "Running", "Pending", "Succeeded", "Failed")
	status := object{"phase": phase}
	if phase != "Pending" {
		first := c.fresh("IPv4")
		ips := []object{{"ip": first}}
		c.pods[namespace] = append(c.pods[namespace], first)
		if c.chance(40) {
			second := c.fresh("IPv6")
			ips = append(ips, object{"ip": second})
			c.pods[namespace] = append(c.pods[namespace], second)
		}
		status["podIP"], status["podIPs"] = first, ips
	}
	one["status"] = status
}

// server adds the Service of the CoreDNS that answers.
func (c *cluster) server() {
	ports := []object{{"name": "dns", "protocol": "UDP", "port": 53}, {"name": "dns-tcp", "protocol": "TCP", "port": 53}}
	c.add("v1", "Service", object{"name": "kube-dns", "namespace": "kube-system"},
		object{"type": "ClusterIP", "clusterIP": "10.96.0.10", "clusterIPs": []string{"10.96.0.10"}, "ports": ports})
	c.slice("kube-system", "kube-dns", "IPv4", ports, []object{{"addresses": []string{"10.244.0.3"}}})
	c.services = append(c.services, service{namespace: "kube-system", name: "kube-dns", ports: ports})
}

func (c *cluster) ports() (ports []object) {
	names := []string{"http", "https", "dns", "dns-tcp", "metrics", "a"}
	c.random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for index := range 1 + c.random.Intn(3) {
		ports = append(ports, object{"name": names[index], "protocol": pick(c, "TCP", "TCP", "UDP", "SCTP"),
			"port": pick(c, 53, 80, 443, 8080) + 1000*index})
	}
	if len(ports) == 1 && c.chance(50) {
		delete(ports[0], "name")
	}
	return ports
}

func (c *cluster) families() []string {
	return pick(c, []string{"IPv4"}, []string{"IPv4"}, []string{"IPv6"}, []string{"IPv4", "IPv6"}, []string{"IPv6", "IPv4"})
}

func (c *cluster) service(number int) {
	one := service{namespace: pick(c, c.namespaces...), name: fmt.Sprintf("%s%d", pick(c, "web", "api-", "db", "svc"), number)}
	metadata := object{"name": one.name, "namespace": one.namespace, "labels": object{"tier": pick(c, "x", "y")}}
	if c.chance(28) {
		one.external = true
		c.add("v1", "Service", metadata, object{"type": "ExternalName", "externalName": c.target(number)})
		c.services = append(c.services, one)
		return
	}
	families, headless := c.families(), c.chance(45)
	spec := object{"ipFamilies": families, "ipFamilyPolicy": "SingleStack"}
	if len(families) > 1 {
		spec["ipFamilyPolicy"] = "RequireDualStack"
	}
	if headless {
		spec["clusterIP"], spec["clusterIPs"] = "None", []string{"None"}
	} else {
		ips := []string{}
		for _, family := range families {
			ips = append(ips, c.virtual(family))
		}
		spec["clusterIP"], spec["clusterIPs"] = ips[0], ips
		spec["type"] = pick(c, "ClusterIP", "ClusterIP", "ClusterIP", "NodePort", "LoadBalancer")
	}
	if !headless || c.chance(75) {
		one.ports = c.ports()
		spec["ports"] = one.ports
	}
	if c.chance(10) {
		spec["publishNotReadyAddresses"] = true
	}
	c.add("v1", "Service", metadata, spec)
	c.services = append(c.services, one)
	for _, family := range families {
		for range pick(c, 0, 1, 1, 1, 1, 2, 2) {
			c.slice(one.namespace, one.name, family, c.endpointPorts(one.ports), c.endpoints(one, family))
		}
	}
}

// target gives what an ExternalName may hold, sensible or not.
func (c *cluster) target(number int) string {
	other := c.services[c.random.Intn(len(c.services))]
	inside := other.name + "." + other.namespace + ".svc.cluster.local"
	return pick(c, inside, inside, inside+".", strings.ToUpper(inside), "nope."+other.namespace+".svc.cluster.local",
		"www.example.com", "dual.example.com", "alias.example.com", "missing.example.com", "mail.example.com", "broken.example.com",
		"192.0.2.7", "10-244-0-3.kube-system.pod.cluster.local", "cluster.local", "Www.Example.Com")
}

func (c *cluster) endpointPorts(ports []object) (result []object) {
	if c.chance(10) {
		return []object{}
	}
	for _, port := range ports {
		copied := object{"protocol": port["protocol"], "port": port["port"].(int) + pick(c, 0, 7000)}
		if port["name"] != nil {
			copied["name"] = port["name"]
		} else {
			copied["name"] = ""
		}
		result = append(result, copied)
	}
	return result
}

func (c *cluster) endpoints(of service, family string) (result []object) {
	key := of.namespace + "/" + of.name
	for range pick(c, 0, 1, 2, 2, 3, 4) {
		address := c.fresh(family)
		if c.chance(15) {
			for _, known := range c.addresses {
				if isV6(known) == (family == "IPv6") && !strings.HasPrefix(known, "10.96.") && !strings.HasPrefix(known, "fd00:10:96:") {
					address = known
				}
			}
		}
		one := object{"addresses": []string{address}}
		dashed := strings.NewReplacer(".", "-", ":", "-").Replace(address)
		c.names[key] = append(c.names[key], dashed)
		if c.chance(35) {
			one["hostname"] = pick(c, "alpha", "beta", "db-0", "db-1")
			c.names[key] = append(c.names[key], one["hostname"].(string))
		}
		switch c.random.Intn(6) {
		case 0:
			one["conditions"] = object{"ready": false, "serving": c.chance(50), "terminating": c.chance(50)}
		case 1:
		default:
			one["conditions"] = object{"ready": true, "serving": true, "terminating": false}
		}
		if c.chance(30) {
			name := fmt.Sprintf("owner-%d", c.random.Intn(9))
			one["targetRef"] = object{"kind": "Pod", "name": name, "namespace": of.namespace}
			c.names[key] = append(c.names[key], name)
		}
		result = append(result, one)
	}
	return result
}

func (c *cluster) slice(namespace, name, family string, ports, endpoints []object) {
	one := c.add("discovery.k8s.io/v1", "EndpointSlice", object{"name": fmt.Sprintf("%s-%d", name, len(c.objects)),
		"namespace": namespace, "labels": object{"kubernetes.io/service-name": name, "tier": pick(c, "x", "y")}}, nil)
	one["addressType"], one["ports"], one["endpoints"] = family, ports, endpoints
}

func (c *cluster) corefile() string {
	options := []string{"pods " + pick(c, "disabled", "insecure", "verified")}
	for _, option := range []string{"endpoint_pod_names", "ttl 17", "fallthrough in-addr.arpa ip6.arpa"} {
		if c.chance(40) {
			options = append(options, option)
		}
	}
	for _, option := range []string{"ignore empty_service", "labels tier=x", "namespace_labels team=a", "namespaces default blue"} {
		if c.chance(15) {
			options = append(options, option)
			break
		}
	}
	zones := pick(c, "cluster.local in-addr.arpa ip6.arpa", "cluster.local in-addr.arpa ip6.arpa", "cluster.local 10.244.0.0/16 fd00::/8", "cluster.local 10.96.0.0/15")
	return fmt.Sprintf(".:53 {\n    kubernetes %s {\n        %s\n    }\n    forward . 192.0.2.53\n    loadbalance\n}\n", zones, strings.Join(options, "\n        "))
}

func (c *cluster) queries(count int) (rows []row) {
	seen := map[row]bool{}
	for len(rows) < count {
		one := row{Name: c.recased(c.name()), Type: c.kind()}
		if strings.HasSuffix(strings.ToLower(one.Name), ".arpa") && c.chance(85) {
			one.Type = "PTR"
		}
		if strings.HasPrefix(one.Name, "_") && c.chance(70) {
			one.Type = "SRV"
		}
		if !seen[one] {
			seen[one] = true
			rows = append(rows, one)
		}
	}
	return rows
}

func (c *cluster) kind() string {
	return pick(c, "A", "A", "A", "A", "A", "A", "A", "A", "AAAA", "AAAA", "AAAA", "AAAA", "AAAA", "SRV", "SRV", "SRV", "SRV", "SRV", "PTR", "CNAME", "TXT", "MX", "NS", "SOA", "ANY", "HTTPS")
}

func (c *cluster) recased(name string) string {
	if !c.chance(15) {
		return name
	}
	letters := []byte(name)
	for index := range letters {
		if c.chance(30) {
			letters[index] = strings.ToUpper(string(letters[index]))[0]
		}
	}
	return string(letters)
}

// name gives a name to ask for: mostly one that exists, or that nearly does.
func (c *cluster) name() string {
	one := c.services[c.random.Intn(len(c.services))]
	base := one.name + "." + one.namespace + ".svc.cluster.local"
	switch c.random.Intn(28) {
	case 0, 1, 2, 3, 4, 5:
		return base
	case 6, 7, 8:
		if names := c.names[one.namespace+"/"+one.name]; len(names) > 0 {
			return pick(c, names...) + "." + base
		}
		return "nope." + base
	case 9, 10, 11:
		return c.portLabels(one) + base
	case 12, 13, 14, 15:
		reversed, _ := dns.ReverseAddr(pick(c, c.addresses...))
		return strings.TrimSuffix(reversed, ".")
	case 16, 17:
		return c.podName()
	case 18:
		return pick(c, "cluster.local", "svc.cluster.local", "pod.cluster.local", one.namespace+".svc.cluster.local",
			one.namespace+".pod.cluster.local", "dns-version.cluster.local", "ns.dns.cluster.local", "dns.cluster.local", "nope.svc.cluster.local", "nope.pod.cluster.local")
	case 19:
		return pick(c, one.name+"."+one.namespace+".cluster.local", one.name+"."+one.namespace+".services.cluster.local", one.name+".svc.cluster.local",
			"x.y.z."+base, "*."+one.namespace+".svc.cluster.local", "_tcp."+base, one.namespace+"."+one.name+".svc.cluster.local", "any."+base)
	case 20:
		return pick(c, "www.example.com", "dual.example.com", "alias.example.com", "missing.example.com", "mail.example.com", "broken.example.com", one.name+"."+one.namespace)
	case 21:
		return pick(c, one.name, "nope", one.name+"x") + "." + pick(c, append(c.namespaces, "nope")...) + ".svc.cluster.local"
	default:
		return base
	}
}

func (c *cluster) portLabels(of service) string {
	name, protocol := "http", pick(c, "tcp", "udp", "sctp")
	if len(of.ports) > 0 {
		port := pick(c, of.ports...)
		if port["name"] != nil {
			name = port["name"].(string)
		}
		if c.chance(80) {
			protocol = strings.ToLower(port["protocol"].(string))
		}
	}
	return pick(c, "_"+name+"._"+protocol+".", "_"+name+"._"+protocol+".", name+"."+protocol+".", "_"+name+"."+protocol+".", "__"+name+"._"+protocol+".")
}

func (c *cluster) podName() string {
	namespace := pick(c, append(c.namespaces, "nope")...)
	address := pick(c, "8.8.8.8", "300.1.1.1", "fd00::5", "1.2.3", "::", "10.244.0.3")
	if known := c.pods[namespace]; len(known) > 0 && c.chance(60) {
		address = pick(c, known...)
	}
	dashed := strings.NewReplacer(".", "-", ":", "-").Replace(address)
	return pick(c, dashed, dashed, dashed, "x."+dashed, "nope") + "." + namespace + ".pod.cluster.local"
}
