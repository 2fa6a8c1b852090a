package harness

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// processes are those of one cluster.
type processes struct {
	logs  string     // folder
	ended chan error // tells of one that ended, which none should
}

// start starts a process which the kernel kills when the keeper dies. It must be called
// from the thread that lives as long as the keeper.
func (p *processes) start(name string, env []string, program string, args ...string) error {
	path := filepath.Join(p.logs, name+".log")
	log, err := os.Create(path)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		err := cmd.Wait()
		text, _ := os.ReadFile(path)
		p.ended <- fmt.Errorf("%s ended: %v\n%s", name, err, bytes.Join(last(5, bytes.Split(text, []byte("\n"))), []byte("\n")))
	}()
	return nil
}

func last[T any](n int, list []T) []T { return list[max(0, len(list)-n):] }

// await asks until something is there.
func (p *processes) await(ctx context.Context, what string, ask func(context.Context) error) error {
	patience := time.After(2 * time.Minute)
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-patience:
			return fmt.Errorf("wait for %s: %w", what, err)
		case err := <-p.ended:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// killAll kills all children until there are none. With each generation that dies in a
// process namespace, the next becomes the keeper's. Before each round, thaw lets those
// run that are stopped where a signal does not reach them.
func killAll(thaw func()) {
	for range 1000 {
		alive := children()
		if len(alive) == 0 {
			return
		}
		for _, pid := range alive {
			syscall.Kill(pid, syscall.SIGKILL)
		}
		thaw()
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Fprintln(os.Stderr, "cluster: these processes do not end:", children())
}

// children are those that have not ended. See proc_pid_stat(5).
func children() (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, _ := os.ReadFile(path)
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) < 2 || fields[0] == "Z" || fields[1] != strconv.Itoa(os.Getpid()) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
