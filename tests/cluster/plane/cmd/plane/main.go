// Command plane is what a cluster has around Kubernetes' own programs: certificates, a node with its storage, and a stand-in for Katib.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"nbkatib/cluster/internal/cluster"
	"nbkatib/cluster/internal/collector"
	"nbkatib/cluster/internal/katib"
	"nbkatib/cluster/internal/node"
	"nbkatib/cluster/internal/pki"
	"nbkatib/cluster/internal/storage"
	"nbkatib/cluster/internal/token"
)

// verbs is a row for each thing the program can be. container and pause are how a node's containers begin.
var verbs = map[string]func(arguments []string) error{
	"pki":       writePKI,
	"token":     signToken,
	"node":      runNode,
	"katib":     runKatib,
	"collector": runCollector,
	"container": func([]string) error { os.Exit(node.Container()); return nil },
	"pause":     func([]string) error { os.Exit(node.Pause()); return nil },
}

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	if len(os.Args) < 2 || verbs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: plane pki|token|node|katib|collector [FLAG...]")
		os.Exit(2)
	}
	if err := verbs[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "plane %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func writePKI(arguments []string) error {
	if len(arguments) != 1 {
		return fmt.Errorf("found %d arguments, expected a folder", len(arguments))
	}
	return pki.Write(arguments[0])
}

func signToken(arguments []string) error {
	flags := flag.NewFlagSet("token", flag.ExitOnError)
	claim := token.Claim{}
	key := flags.String("key", "", "the file sa.key of the plane's certificates")
	flags.StringVar(&claim.Namespace, "namespace", "", "of the service account")
	flags.StringVar(&claim.Account, "account", "", "the service account's name")
	flags.StringVar(&claim.AccountUID, "uid", "", "its uid")
	flags.DurationVar(&claim.Life, "life", time.Hour, "how long the token holds")
	_ = flags.Parse(arguments)
	text, err := token.Sign(*key, claim)
	fmt.Println(text)
	return err
}

func runNode(arguments []string) error {
	flags := flag.NewFlagSet("node", flag.ExitOnError)
	o := node.Options{}
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server")
	capacity := flags.String("capacity", "cpu=16,memory=32Gi", "what Pods may request together")
	flags.StringVar(&o.Name, "name", "node-a", "the node's name")
	flags.StringVar(&o.Folder, "folder", "", "where Pods and volumes live")
	flags.StringVar(&o.Images, "images", "", "a JSON file of images by name")
	flags.StringVar(&o.PKI, "pki", "", "the folder of certificates")
	flags.IntVar(&o.Port, "port", 10250, "where logs are served")
	flags.StringVar(&o.APIHost, "api-host", "127.0.0.1", "the API server as Pods see it")
	flags.IntVar(&o.APIPort, "api-port", 6443, "its port")
	_ = flags.Parse(arguments)
	var err error
	if o.Capacity, err = node.CapacityOf(*capacity); err != nil {
		return err
	}
	clients, err := cluster.Connect(*kubeconfig)
	if err != nil {
		return err
	}
	ctx := untilSignal()
	go storage.Run(ctx, clients, o.Folder)
	return node.Run(ctx, clients, o)
}

func runKatib(arguments []string) error {
	flags := flag.NewFlagSet("katib", flag.ExitOnError)
	o := katib.Options{}
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server")
	flags.StringVar(&o.PKI, "pki", "", "the folder of certificates")
	flags.StringVar(&o.Folder, "folder", "", "where observations are kept")
	flags.IntVar(&o.Port, "port", 8443, "where webhooks are served")
	_ = flags.Parse(arguments)
	clients, err := cluster.Connect(*kubeconfig)
	if err != nil {
		return err
	}
	return katib.Run(untilSignal(), clients, o)
}

func runCollector(arguments []string) error {
	flags := flag.NewFlagSet("collector", flag.ExitOnError)
	o := collector.Options{}
	flags.StringVar(&o.Namespace, "namespace", "", "of the trial")
	flags.StringVar(&o.Trial, "trial", "", "the trial's name")
	flags.StringVar(&o.Path, "path", "", "the file of metrics")
	flags.StringVar(&o.Format, "format", "TEXT", "TEXT or JSON")
	flags.StringVar(&o.Metrics, "metrics", "", "the metrics' names, by semicolons; the objective first")
	flags.StringVar(&o.Type, "type", "", "of the objective: minimize or maximize")
	flags.StringVar(&o.To, "to", "", "where to report")
	flags.StringVar(&o.CA, "ca", "", "whom to trust there")
	flags.Func("filter", "a regular expression with two groups, name and value", appendTo(&o.Filters))
	flags.Func("stop-rule", "name;value;comparison;step", appendTo(&o.Rules))
	_ = flags.Parse(arguments)
	return collector.Run(o)
}

func appendTo(list *[]string) func(string) error {
	return func(text string) error {
		*list = append(*list, text)
		return nil
	}
}

// untilSignal ends at the first SIGTERM or SIGINT.
func untilSignal() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	return ctx
}
