// Command judge asks Cyclonus' matcher: policy sets in, one JSON object a line, and a verdict for each flow out.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/mattfenwick/cyclonus/pkg/matcher"
	v1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

type flow struct {
	From, To string
	Protocol v1.Protocol
	Port     int
}

type set struct {
	Seed    int
	Objects []json.RawMessage
	Flows   []flow
}

func main() {
	in := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for in.More() {
		var s set
		must(in.Decode(&s))
		fmt.Fprintf(out, "{\"seed\":%d,\"verdicts\":%q}\n", s.Seed, judge(s))
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func judge(s set) string {
	namespaces := map[string]v1.Namespace{}
	pods := map[string]v1.Pod{}
	policies := []*networkingv1.NetworkPolicy{}
	for _, raw := range s.Objects {
		var meta struct{ Kind string }
		must(json.Unmarshal(raw, &meta))
		switch meta.Kind {
		case "Namespace":
			var namespace v1.Namespace
			must(json.Unmarshal(raw, &namespace))
			namespaces[namespace.Name] = namespace
		case "Pod":
			var pod v1.Pod
			must(json.Unmarshal(raw, &pod))
			pods[pod.Status.PodIP] = pod
		case "NetworkPolicy":
			policy := &networkingv1.NetworkPolicy{}
			must(json.Unmarshal(raw, policy))
			policies = append(policies, asStored(policy))
		}
	}
	rules := matcher.BuildNetworkPolicies(false, policies)
	end := func(ip string) *matcher.TrafficPeer {
		pod, isPod := pods[ip]
		if !isPod {
			return &matcher.TrafficPeer{IP: ip}
		}
		return &matcher.TrafficPeer{IP: ip, Internal: &matcher.InternalPeer{
			Namespace:       pod.Namespace,
			NamespaceLabels: namespaces[pod.Namespace].Labels,
			PodLabels:       pod.Labels,
		}}
	}
	var verdicts strings.Builder
	for _, f := range s.Flows {
		allowed := rules.IsTrafficAllowed(&matcher.Traffic{
			Source:           end(f.From),
			Destination:      end(f.To),
			ResolvedPort:     f.Port,
			ResolvedPortName: portName(pods[f.To], f),
			Protocol:         f.Protocol,
		}).IsAllowed()
		if allowed {
			verdicts.WriteString("1")
		} else {
			verdicts.WriteString("0")
		}
	}
	return verdicts.String()
}

// asStored gives the policy the types that the API server writes down, without which the matcher refuses it.
func asStored(policy *networkingv1.NetworkPolicy) *networkingv1.NetworkPolicy {
	if len(policy.Spec.PolicyTypes) > 0 {
		return policy
	}
	policy.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	if len(policy.Spec.Egress) > 0 {
		policy.Spec.PolicyTypes = append(policy.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
	}
	return policy
}

// portName is the name that the destination declares for the number and protocol, which the matcher is to be told.
func portName(pod v1.Pod, f flow) string {
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			protocol := port.Protocol
			if protocol == "" {
				protocol = v1.ProtocolTCP
			}
			if protocol == f.Protocol && int(port.ContainerPort) == f.Port {
				return port.Name
			}
		}
	}
	return ""
}
