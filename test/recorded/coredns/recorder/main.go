// Records what the real CoreDNS answers about objects and Corefiles that are written beside this folder.
// It wants a network and a mount namespace of its own, in which every address is on loopback (record.sh makes them).
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const usage = "usage: recorder coredns answers FOLDER... | coredns broken FILE... | generate SEED FOLDER"

func main() {
	var err error
	switch {
	case len(os.Args) == 4 && os.Args[1] == "generate":
		err = generate(os.Args[2], os.Args[3])
	case len(os.Args) > 3 && os.Args[2] == "answers":
		for _, folder := range os.Args[3:] {
			if failed := recordAnswers(os.Args[1], folder); failed != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", folder, failed))
			}
		}
	case len(os.Args) > 3 && os.Args[2] == "broken":
		for _, file := range os.Args[3:] {
			if err = recordBroken(os.Args[1], file); err != nil {
				break
			}
		}
	default:
		err = fmt.Errorf(usage)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// setting is the optional setting.json beside a Corefile: what the Corefile itself does not say.
type setting struct {
	// Addresses are the server's own.
	Addresses []string `json:"addresses"`
	// Environment holds the variables that CoreDNS is started with.
	Environment map[string]string `json:"environment"`
}

// find gives the files of a name pattern in the nearest folder that has any: the folder itself or one above it,
// which several Corefiles may share.
func find(folder, pattern string) []string {
	for depth := 0; depth < 4 && !exists(filepath.Join(folder, "record.sh")); depth++ {
		if paths, _ := filepath.Glob(filepath.Join(folder, pattern)); len(paths) > 0 {
			return paths
		}
		folder = filepath.Dir(folder)
	}
	return nil
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

func readRows(path string) (rows []row, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for number, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		var one row
		if err := json.Unmarshal(line, &one); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number+1, err)
		}
		rows = append(rows, one)
	}
	return rows, nil
}

func encode(value any) string {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(value)
	return buffer.String()
}

// recordAnswers starts the servers of a folder, asks every query of its answers.jsonl and writes the answers there.
func recordAnswers(coredns, folder string) error {
	rows, err := readRows(filepath.Join(folder, "answers.jsonl"))
	if err != nil {
		return err
	}
	var own setting
	for _, path := range find(folder, "setting.json") {
		text, _ := os.ReadFile(path)
		if err := json.Unmarshal(text, &own); err != nil {
			return err
		}
	}
	for _, address := range own.Addresses {
		change := exec.Command("ip", "address", "add", address, "dev", "lo")
		if output, err := change.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, output)
		}
		defer func() { _ = exec.Command("ip", "address", "del", address, "dev", "lo").Run() }()
	}
	endpoint := ""
	for _, path := range find(folder, "objects.yaml") {
		served, stop, err := serveObjects(path)
		if err != nil {
			return err
		}
		defer stop()
		endpoint = served
	}
	quiet, err := listenSilently()
	if err != nil {
		return err
	}
	defer func() { _ = quiet.Close() }()
	for _, path := range find(folder, "upstream-*.Corefile") {
		server, err := start(coredns, path, "", nil)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		defer server.stop()
	}
	server, err := start(coredns, filepath.Join(folder, "Corefile"), endpoint, own.Environment)
	if err != nil {
		return err
	}
	defer server.stop()
	var output strings.Builder
	for _, asked := range rows {
		answered, err := ask(asked, "127.0.0.1")
		if err != nil {
			return fmt.Errorf("%s %s: %w", asked.Name, asked.Type, err)
		}
		output.WriteString(encode(answered))
	}
	return os.WriteFile(filepath.Join(folder, "answers.jsonl"), []byte(output.String()), 0o644)
}

// mounted is where a pod has the keys of the ConfigMap; here it is the Corefile's folder.
const mounted = "/etc/coredns/"

// silent is an address that takes queries and never answers.
const silent = "192.0.2.99"

func listenSilently() (net.PacketConn, error) {
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(descriptor uintptr) {
			_ = unix.SetsockoptInt(int(descriptor), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
	}}
	return config.ListenPacket(context.Background(), "udp", net.JoinHostPort(silent, port))
}

var (
	keyPort       = regexp.MustCompile(`([^:]):53\b`)
	forwardLine   = regexp.MustCompile(`(?m)^\s*forward .*$`)
	bareAddress   = regexp.MustCompile(`( \d+\.\d+\.\d+\.\d+)( |$)`)
	kubernetesOne = regexp.MustCompile(`(?m)^(\s*kubernetes\b[^{\n]*?)[ \t]*(\{)?[ \t]*(?:#.*)?$`)
)

// prepared is the Corefile with what the machine it is recorded on needs: another port, and the API server's address.
func prepared(text, endpoint string) string {
	ported := keyPort.ReplaceAllString(text, "${1}:"+port)
	ported = forwardLine.ReplaceAllStringFunc(ported, func(line string) string {
		line = strings.Replace(line, "/etc/resolv.conf", "192.0.2.53", 1)
		return bareAddress.ReplaceAllString(bareAddress.ReplaceAllString(line, "$1:"+port+"$2"), "$1:"+port+"$2")
	})
	if endpoint != "" {
		ported = kubernetesOne.ReplaceAllStringFunc(ported, func(line string) string {
			parts := kubernetesOne.FindStringSubmatch(line)
			closing := "\n}"
			if parts[2] != "" {
				closing = ""
			}
			return parts[1] + " {\n endpoint " + endpoint + closing
		})
	}
	return ported
}

type process struct {
	command *exec.Cmd
	folder  string
}

func (p *process) stop() {
	_ = p.command.Process.Kill()
	_ = p.command.Wait()
	_ = os.RemoveAll(p.folder)
}

// start runs CoreDNS in a prepared copy of the Corefile's folder and returns once it said that it serves, or with what
// it said instead.
func start(coredns, corefile, endpoint string, environment map[string]string) (*process, error) {
	folder, err := os.MkdirTemp("", "corefile")
	if err != nil {
		return nil, err
	}
	err = copyPrepared(filepath.Dir(corefile), folder, endpoint)
	if err == nil {
		var server *process
		if server, err = run(coredns, folder, filepath.Base(corefile), port, environment); err == nil {
			server.folder = folder
			return server, nil
		}
	}
	_ = os.RemoveAll(folder)
	return nil, err
}

// isCorefile tells Corefiles and the parts of one, by the endings that are usual for what is imported.
var isCorefile = regexp.MustCompile(`(Corefile|\.server|\.override)$`)

// copyPrepared copies the files beside a Corefile.
func copyPrepared(from, to, endpoint string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		source, target := filepath.Join(from, entry.Name()), filepath.Join(to, entry.Name())
		if entry.IsDir() {
			continue
		}
		text, err := os.ReadFile(source)
		if err != nil {
			return err
		}
		if isCorefile.MatchString(source) {
			text = []byte(strings.ReplaceAll(prepared(string(text), endpoint), mounted, to+"/"))
		}
		if err := os.WriteFile(target, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// run starts CoreDNS and waits for the banner that it prints once all its servers listen.
func run(coredns, folder, name, port string, environment map[string]string) (*process, error) {
	command := exec.Command(coredns, "-conf", name, "-dns.port", port)
	command.Dir = folder
	command.Env = []string{"PATH=" + os.Getenv("PATH")}
	for key, value := range environment {
		if net.ParseIP(value) != nil {
			value += ":" + port
		}
		command.Env = append(command.Env, key+"="+value)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = writer, writer
	if err := command.Start(); err != nil {
		return nil, err
	}
	_ = writer.Close()
	said, ready := "", make(chan bool, 1)
	go func() {
		scanner := bufio.NewScanner(reader)
		for scanner.Scan() {
			if strings.HasPrefix(scanner.Text(), "CoreDNS-") {
				ready <- true
				_, _ = io.Copy(io.Discard, reader)
				return
			}
			said += scanner.Text() + "\n"
		}
		ready <- false
	}()
	select {
	case served := <-ready:
		if served {
			return &process{command: command}, nil
		}
		_ = command.Wait()
		return nil, fmt.Errorf("%s", strings.TrimSpace(said))
	case <-time.After(15 * time.Second):
		_ = command.Process.Kill()
		_ = command.Wait()
		return nil, fmt.Errorf("not serving after 15 seconds: %s", said)
	}
}

// attempt is one line of broken.jsonl.
type attempt struct {
	Corefile string            `json:"corefile"`
	Files    map[string]string `json:"files,omitempty"`
	Error    *string           `json:"error"`
}

// recordBroken starts CoreDNS with every Corefile of a list and writes down what it says before it gives up,
// or null where it serves.
func recordBroken(coredns, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	endpoint, stop, err := serveObjects("/dev/null")
	if err != nil {
		return err
	}
	defer stop()
	var output strings.Builder
	for number, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var one attempt
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			return fmt.Errorf("%s:%d: %w", path, number+1, err)
		}
		one.Error = try(coredns, one, endpoint)
		output.WriteString(encode(one))
	}
	return os.WriteFile(path, []byte(output.String()), 0o644)
}

// chatter is what CoreDNS logs on its way, beside the error that it ends with.
var chatter = regexp.MustCompile(`(?m)^(maxprocs:|\[\w+\] ).*\n`)

// try gives what CoreDNS ends with when it reads a Corefile, or nil if it serves. Ports are those of the Corefile.
func try(coredns string, one attempt, endpoint string) *string {
	folder, _ := os.MkdirTemp("", "corefile")
	defer func() { _ = os.RemoveAll(folder) }()
	for name, text := range one.Files {
		_ = os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644)
	}
	write := func(text string) {
		_ = os.WriteFile(filepath.Join(folder, "Corefile"), []byte(strings.ReplaceAll(text, mounted, folder+"/")), 0o644)
	}
	write(one.Corefile)
	server, err := run(coredns, folder, "Corefile", "53", nil)
	if err != nil && strings.Contains(err.Error(), "in-cluster configuration") {
		write(strings.ReplaceAll(prepared(one.Corefile, endpoint), ":"+port, ":53"))
		server, err = run(coredns, folder, "Corefile", "53", nil)
	}
	if err == nil {
		server.stop()
		return nil
	}
	said := strings.TrimSpace(chatter.ReplaceAllString(err.Error()+"\n", ""))
	said = strings.ReplaceAll(said, folder+"/", mounted)
	return &said
}
