package main

import (
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

type object = map[string]any

// paths says where an API server keeps the kinds that CoreDNS reads.
var paths = map[string]string{
	"Namespace":     "/api/v1/namespaces",
	"Service":       "/api/v1/services",
	"Pod":           "/api/v1/pods",
	"EndpointSlice": "/apis/discovery.k8s.io/v1/endpointslices",
	"ServiceImport": "/apis/multicluster.x-k8s.io/v1alpha1/serviceimports",
}

// apiServer is as much of the Kubernetes API, read only, as a list and watch needs.
type apiServer struct{ objects map[string][]object }

func readObjects(path string) (*apiServer, error) {
	server := &apiServer{objects: map[string][]object{}}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for _, document := range bytes.Split(append([]byte("\n"), text...), []byte("\n---")) {
		var one object
		if err := yaml.Unmarshal(document, &one); err != nil {
			return nil, err
		}
		kind, _ := one["kind"].(string)
		if kind == "" {
			continue
		}
		metadata := one["metadata"].(object)
		metadata["resourceVersion"] = "1"
		metadata["uid"] = strconv.Itoa(len(server.objects[kind]))
		if kind != "Namespace" && metadata["namespace"] == nil {
			metadata["namespace"] = "default"
		}
		server.objects[kind] = append(server.objects[kind], one)
	}
	return server, nil
}

func text(of object, keys ...string) string {
	for _, key := range keys[:len(keys)-1] {
		of, _ = of[key].(object)
	}
	value, _ := of[keys[len(keys)-1]].(string)
	return value
}

func selected(one object, request *http.Request) bool {
	labelSelector, _ := labels.Parse(request.URL.Query().Get("labelSelector"))
	fieldSelector, _ := fields.ParseSelector(request.URL.Query().Get("fieldSelector"))
	set := labels.Set{}
	if stated, ok := one["metadata"].(object)["labels"].(object); ok {
		for key, value := range stated {
			set[key], _ = value.(string)
		}
	}
	return labelSelector.Matches(set) && fieldSelector.Matches(fields.Set{
		"metadata.name":      text(one, "metadata", "name"),
		"metadata.namespace": text(one, "metadata", "namespace"),
		"status.phase":       text(one, "status", "phase"),
	})
}

func (server *apiServer) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	for kind, path := range paths {
		if request.URL.Path != path {
			continue
		}
		items := []object{}
		for _, one := range server.objects[kind] {
			if selected(one, request) {
				items = append(items, one)
			}
		}
		group := strings.TrimPrefix(strings.TrimPrefix(path[:strings.LastIndex(path, "/")], "/apis/"), "/api/")
		if request.URL.Query().Get("watch") != "" {
			watch(w, request, kind, group, items)
			return
		}
		_ = json.NewEncoder(w).Encode(object{"kind": kind + "List", "apiVersion": group, "metadata": object{"resourceVersion": "1"}, "items": items})
		return
	}
	if request.URL.Path == "/version" {
		_ = json.NewEncoder(w).Encode(object{"major": "1", "minor": "36", "gitVersion": "v1.36.3"})
		return
	}
	w.WriteHeader(http.StatusNotFound)
	_ = json.NewEncoder(w).Encode(object{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404})
}

// watch sends the objects there are, if asked to, and then nothing more: the objects never change.
func watch(w http.ResponseWriter, request *http.Request, kind, group string, items []object) {
	encoder := json.NewEncoder(w)
	if request.URL.Query().Get("sendInitialEvents") == "true" {
		for _, one := range items {
			_ = encoder.Encode(object{"type": "ADDED", "object": one})
		}
		_ = encoder.Encode(object{"type": "BOOKMARK", "object": object{"kind": kind, "apiVersion": group, "metadata": object{
			"resourceVersion": "1", "annotations": object{"k8s.io/initial-events-end": "true"}}}})
	}
	w.(http.Flusher).Flush()
	<-request.Context().Done()
}

// serveObjects serves the objects of a file on a loopback port of its own choice.
func serveObjects(path string) (endpoint string, stop func(), err error) {
	handler, err := readObjects(path)
	if err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler}
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() { _ = server.Close() }, nil
}
