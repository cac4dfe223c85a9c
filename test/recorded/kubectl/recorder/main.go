// Records what kubectl prints about objects. It serves the objects of a YAML file the way an API server does
// (defaulted by Kubernetes' own scheme, tables made by Kubernetes' own printers) and runs kubectl against it.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/duration"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	kubectl "k8s.io/kubectl/pkg/cmd"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
	"k8s.io/kubernetes/pkg/printers"
	printersinternal "k8s.io/kubernetes/pkg/printers/internalversion"
	"sigs.k8s.io/yaml"
	"time"
)

type resource struct {
	gv         schema.GroupVersion
	name, kind string
	namespaced bool
	short      []string
	categories []string
}

var all = []string{"all"}
var core = schema.GroupVersion{Version: "v1"}
var apps = schema.GroupVersion{Group: "apps", Version: "v1"}
var batch = schema.GroupVersion{Group: "batch", Version: "v1"}
var discovery = schema.GroupVersion{Group: "discovery.k8s.io", Version: "v1"}
var resources = []resource{
	{core, "configmaps", "ConfigMap", true, []string{"cm"}, nil},
	{core, "endpoints", "Endpoints", true, []string{"ep"}, nil},
	{core, "events", "Event", true, []string{"ev"}, nil},
	{core, "namespaces", "Namespace", false, []string{"ns"}, nil},
	{core, "nodes", "Node", false, []string{"no"}, nil},
	{core, "pods", "Pod", true, []string{"po"}, all},
	{core, "replicationcontrollers", "ReplicationController", true, []string{"rc"}, all},
	{core, "services", "Service", true, []string{"svc"}, all},
	{apps, "daemonsets", "DaemonSet", true, []string{"ds"}, all},
	{apps, "deployments", "Deployment", true, []string{"deploy"}, all},
	{apps, "replicasets", "ReplicaSet", true, []string{"rs"}, all},
	{apps, "statefulsets", "StatefulSet", true, []string{"sts"}, all},
	{batch, "cronjobs", "CronJob", true, []string{"cj"}, all},
	{batch, "jobs", "Job", true, nil, all},
	{discovery, "endpointslices", "EndpointSlice", true, nil, nil},
}

var store = map[string][]runtime.Object{}
var generator = func() *printers.HumanReadableGenerator {
	g := printers.NewTableGenerator()
	printersinternal.AddHandlers(g)
	return g
}()

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func load(path string) {
	file, err := os.Open(path)
	must(err)
	reader := utilyaml.NewYAMLReader(bufio.NewReader(file))
	decoder := legacyscheme.Codecs.UniversalDeserializer()
	for {
		text, err := reader.Read()
		if err == io.EOF {
			break
		}
		must(err)
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		object, gvk, err := decoder.Decode(text, nil, nil)
		must(err)
		add(object, gvk)
	}
	for _, list := range store {
		sort.SliceStable(list, func(i, j int) bool { return key(list[i]) < key(list[j]) })
	}
}

func add(object runtime.Object, gvk *schema.GroupVersionKind) {
	if list, ok := object.(interface{ GetResourceVersion() string }); ok && gvk.Kind == "List" {
		_ = list
	}
	if gvk.Kind == "List" {
		items, err := meta.ExtractList(object)
		must(err)
		for _, item := range items {
			raw := item.(*runtime.Unknown)
			one, kind, err := legacyscheme.Codecs.UniversalDeserializer().Decode(raw.Raw, nil, nil)
			must(err)
			add(one, kind)
		}
		return
	}
	legacyscheme.Scheme.Default(object)
	for _, r := range resources {
		if r.kind == gvk.Kind {
			access, err := meta.Accessor(object)
			must(err)
			if r.namespaced && access.GetNamespace() == "" {
				access.SetNamespace("default")
			}
			object.GetObjectKind().SetGroupVersionKind(*gvk)
			store[r.name] = append(store[r.name], object)
			return
		}
	}
	panic("no resource for " + gvk.String())
}

func key(o runtime.Object) string {
	a, _ := meta.Accessor(o)
	return a.GetNamespace() + "/" + a.GetName()
}

func apiList(gv schema.GroupVersion) metav1.APIResourceList {
	list := metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: gv.String()}
	for _, r := range resources {
		if r.gv == gv {
			list.APIResources = append(list.APIResources, metav1.APIResource{Name: r.name, SingularName: strings.ToLower(r.kind), Kind: r.kind,
				Namespaced: r.namespaced, ShortNames: r.short, Categories: r.categories, Verbs: []string{"get", "list", "watch"}})
		}
	}
	return list
}

func write(w http.ResponseWriter, code int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	must(json.NewEncoder(w).Encode(value))
}

func serve(w http.ResponseWriter, req *http.Request) {
	path := strings.Trim(req.URL.Path, "/")
	switch path {
	case "version":
		write(w, 200, map[string]string{"major": "1", "minor": "36", "gitVersion": "v1.36.3"})
		return
	case "api":
		write(w, 200, metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions", APIVersion: "v1"}, Versions: []string{"v1"}})
		return
	case "apis":
		list := metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
		for _, gv := range []schema.GroupVersion{apps, batch, discovery} {
			v := metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version}
			list.Groups = append(list.Groups, metav1.APIGroup{Name: gv.Group, Versions: []metav1.GroupVersionForDiscovery{v}, PreferredVersion: v})
		}
		write(w, 200, list)
		return
	case "api/v1":
		write(w, 200, apiList(core))
		return
	}
	for _, gv := range []schema.GroupVersion{apps, batch, discovery} {
		if path == "apis/"+gv.String() {
			write(w, 200, apiList(gv))
			return
		}
	}
	parts := strings.Split(path, "/")
	var gv schema.GroupVersion
	if parts[0] == "api" {
		gv = core
		parts = parts[2:]
	} else {
		gv = schema.GroupVersion{Group: parts[1], Version: parts[2]}
		parts = parts[3:]
	}
	namespace := ""
	if parts[0] == "namespaces" && len(parts) > 2 {
		namespace = parts[1]
		parts = parts[2:]
	}
	for _, r := range resources {
		if r.gv == gv && r.name == parts[0] {
			answer(w, req, r, namespace, parts[1:])
			return
		}
	}
	notFound(w, gv, parts[0], "")
}

func notFound(w http.ResponseWriter, gv schema.GroupVersion, name, object string) {
	group := name
	if gv.Group != "" {
		group += "." + gv.Group
	}
	write(w, 404, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Code: 404, Reason: metav1.StatusReasonNotFound,
		Message: fmt.Sprintf("%s %q not found", group, object), Details: &metav1.StatusDetails{Name: object, Group: gv.Group, Kind: name}})
}

func answer(w http.ResponseWriter, req *http.Request, r resource, namespace string, rest []string) {
	selector, err := labels.Parse(req.URL.Query().Get("labelSelector"))
	must(err)
	_, err = fields.ParseSelector(req.URL.Query().Get("fieldSelector"))
	must(err)
	var found []runtime.Object
	for _, object := range store[r.name] {
		access, _ := meta.Accessor(object)
		if namespace != "" && r.namespaced && access.GetNamespace() != namespace {
			continue
		}
		if len(rest) > 0 && access.GetName() != rest[0] {
			continue
		}
		if selector.Matches(labels.Set(access.GetLabels())) {
			found = append(found, object)
		}
	}
	single := len(rest) > 0
	if single && len(found) == 0 {
		notFound(w, r.gv, r.name, rest[0])
		return
	}
	if strings.Contains(req.Header.Get("Accept"), "as=Table") {
		table(w, r, found, single)
		return
	}
	if single {
		write(w, 200, found[0])
		return
	}
	items := []any{}
	for _, one := range found {
		items = append(items, one)
	}
	write(w, 200, map[string]any{"kind": r.kind + "List", "apiVersion": r.gv.String(), "metadata": map[string]string{"resourceVersion": "1"}, "items": items})
}

func table(w http.ResponseWriter, r resource, found []runtime.Object, single bool) {
	out := &metav1.Table{}
	internalGV := schema.GroupVersion{Group: r.gv.Group, Version: runtime.APIVersionInternal}
	for index, object := range found {
		inner, err := legacyscheme.Scheme.ConvertToVersion(object, internalGV)
		must(err)
		rows, err := generator.GenerateTable(inner, printers.GenerateOptions{Wide: true})
		must(err)
		if index == 0 {
			out.ColumnDefinitions = rows.ColumnDefinitions
		}
		for at := range rows.Rows {
			access, _ := meta.Accessor(object)
			part := meta.AsPartialObjectMetadata(access)
			part.GetObjectKind().SetGroupVersionKind(metav1.SchemeGroupVersion.WithKind("PartialObjectMetadata"))
			rows.Rows[at].Object = runtime.RawExtension{Object: part}
		}
		out.Rows = append(out.Rows, rows.Rows...)
	}
	out.TypeMeta = metav1.TypeMeta{Kind: "Table", APIVersion: "meta.k8s.io/v1"}
	write(w, 200, out)
}

func record(url, line string) {
	fmt.Printf("$ %s\n", line)
	self, _ := os.Executable()
	args := strings.Fields(strings.TrimPrefix(line, "kubectl "))
	for at, one := range args {
		args[at] = strings.Trim(strings.ReplaceAll(one, "~", " "), "'")
	}
	cmd := exec.Command(self, append(args, "--server", url, "--cache-dir", "/tmp/kubectl-cache")...)
	cmd.Env = append(os.Environ(), "AS_KUBECTL=1", "KUBECONFIG=/dev/null")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	for _, text := range strings.SplitAfter(out.String(), "\n") {
		if text != "" {
			fmt.Print("| " + text)
		}
	}
	for _, text := range strings.SplitAfter(errs.String(), "\n") {
		if text != "" {
			fmt.Print("! " + text)
		}
	}
	if exit, ok := err.(*exec.ExitError); ok {
		fmt.Printf("= %d\n", exit.ExitCode())
	}
	fmt.Println()
}

// corpus prints texts that are hard to write as YAML, and how sigs.k8s.io/yaml writes them.
func corpus() {
	random := rand.New(rand.NewSource(1))
	parts := []string{"a", "b", " ", " ", "  ", ":", ": ", "#", " #", "-", "- ", "?", "!", "&", "*", "|", ">", "'", "\"", "%", "@", "`", ",", "[", "]", "{", "}",
		"\n", "\n\n", "\t", "\\", "0", "1", "9", ".", "e", "E", "+", "_", "x", "o", "true", "no", "null", "~", "ü", "✓", "😀", "/", "=", "<", "<<", "2026-01-01", "1:30", "word", "another", "longer-word-still",
		"\u00a0", "\x00", "\x1b", "\r"}
	values := []any{}
	for i := 0; i < 1500; i++ {
		text := ""
		count := 1 + random.Intn(6)
		if i%5 == 0 {
			count = 20 + random.Intn(40)
		}
		for j := 0; j < count; j++ {
			text += parts[random.Intn(len(parts))]
		}
		values = append(values, map[string]any{"text": text, "deep": map[string]any{"list": []any{text, []any{text}, map[string]any{"k": text}}}})
	}
	words := []string{"", "y", "N", "on", "Off", "yes", "NO", "True", "null", "~", ".5", "5.", "1e3", "1E-3", "0x1F", "0b11", "0o17", "017", "08", "1_000", "+1", "-1", "+.5", ".inf", "-.INF", ".NaN", ".", "..", "...", "---", "--", "-", "?", ":", "1.2.3", "1.36", "v1.36", "12:30", "12:30:45.5", "190:20:30", "2026-01-01T00:00:00Z", "2026-01-01 00:00:00", "2026-13-01", "20260101", "99999999999999999999", "0.0.0.0/0", "::1", "::", "fd00::", "10.0.0.1:80", "a: b", "a:b", "a :b", "a #b", "a#b", "#a", "<<", "=", "!a", "&a", "*a", "|", ">", "@a", "%a", "'a'", "\"a\"", "[a]", "{a}", "a,b", " a", "a ", "\na", "a\n", "a\n\n", "\n", " \n", "a\n b", "a \nb", "e1", "1e", "Inf", "0", "-0", "00", "0x", "1__0", "_1", "1_"}
	for _, word := range words {
		values = append(values, map[string]any{"text": word, "list": []any{word}})
	}
	for i := 0; i < 200; i++ {
		object := map[string]any{}
		for j := 0; j < 6; j++ {
			key := ""
			for k := 0; k < 1+random.Intn(4); k++ {
				key += []string{"a", "b", "B", "1", "2", "10", "01", "0", "-", ".", "/", "_", "é"}[random.Intn(13)]
			}
			object[key] = j
		}
		values = append(values, object)
	}
	values = append(values, map[string]any{"a": []any{}, "b": map[string]any{}, "c": nil, "d": true, "e": 1, "f": []any{map[string]any{}, []any{}, nil, 1}})
	type entry struct {
		Value any    `json:"value"`
		Yaml  string `json:"yaml"`
	}
	out := []entry{}
	for _, value := range values {
		text, err := yaml.Marshal(value)
		must(err)
		// go-yaml's order of keys is no order for some sets of keys; those say nothing.
		stable := true
		for i := 0; i < 40; i++ {
			again, _ := yaml.Marshal(value)
			stable = stable && string(again) == string(text)
		}
		if !stable {
			continue
		}
		out = append(out, entry{value, string(text)})
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	must(encoder.Encode(out))
}

func main() {
	if os.Getenv("AS_KUBECTL") != "" {
		if err := kubectl.NewDefaultKubectlCommand().Execute(); err != nil {
			os.Exit(1)
		}
		return
	}
	if os.Args[1] == "durations" {
		for _, s := range []int64{-5, -1, 0, 1, 59, 60, 119, 120, 121, 179, 180, 599, 600, 601, 3599, 3600, 10799, 10800, 10801, 14400, 14460, 28799, 28800, 86400, 172799, 172800, 172801, 176400, 691199, 691200, 63071999, 63072000, 63072000 + 86400, 63072000 + 86400*364, 94608000, 252287999, 252288000, 400000000} {
			fmt.Printf("%d %s\n", s, duration.HumanDuration(time.Duration(s)*time.Second))
		}
		return
	}
	if os.Args[1] == "yaml" {
		corpus()
		return
	}
	load(os.Args[1])
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go http.Serve(listener, http.HandlerFunc(serve))
	url := "http://" + listener.Addr().String()
	commands, err := os.ReadFile(os.Args[2])
	must(err)
	for _, line := range strings.Split(strings.TrimSpace(string(commands)), "\n") {
		record(url, line)
	}
}
