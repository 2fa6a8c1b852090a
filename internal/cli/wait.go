package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/irsa-doctor/irsa-doctor/checks"
	"github.com/irsa-doctor/irsa-doctor/checks/facts"
)

const longestPause = 15 * time.Second

// wait looks again until all is well or the time is over, and tells on stderr what
// changes. It returns the last look that went on to its end, and otherwise s and why
// that was cut.
func (p *program) wait(limit time.Duration, l *looker, j judgement, s *facts.Snapshot, cut error) (*facts.Snapshot, error) {
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	told := map[facts.Ref]string{}
	for pause := p.pause; ; pause = min(pause*3/2, longestPause) {
		r := j.run(s)
		p.tell(r, told)
		if j.well(r) {
			return s, cut
		}
		select {
		case <-ctx.Done():
			return s, cut
		case <-time.After(pause):
		}
		again, err := l.look(ctx)
		switch {
		case ctx.Err() != nil:
			return s, cut
		case err == nil:
			s, cut = again, nil
		default:
			p.say(err.Error())
		}
	}
}

// tell says how each object stands whose state is not the one that was told last.
func (p *program) tell(r *checks.Report, told map[facts.Ref]string) {
	if len(r.Diagnoses) == 0 && len(told) == 0 {
		p.say("no target yet")
		told[facts.Ref{}] = ""
	}
	for _, d := range r.Diagnoses {
		state := string(d.Verdict)
		if d.Cause != nil {
			state += fmt.Sprintf(", %s: %s", d.Cause.Check.ID, d.Cause.Message)
		}
		if told[d.Object] != state {
			p.say(d.Object.String() + ": " + state)
			told[d.Object] = state
		}
	}
}

// say writes a line with the time to stderr.
func (p *program) say(line string) {
	fmt.Fprintf(p.stderr, "%s %s\n", time.Now().Format(time.TimeOnly), clean(line))
}
