package collector

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// watch follows the objective's reports while a rule is there. Like Katib's it looks once: at the report whose number is the rule's step.
type watch struct {
	rules []rule
}

type rule struct {
	name, comparison string
	value            float64
	step             int
	judged           bool
}

func newWatch(o Options) (*watch, error) {
	w := &watch{}
	for _, text := range o.Rules {
		parts := strings.Split(text, ";")
		if len(parts) != 4 {
			return nil, fmt.Errorf("invalid early stopping rule %q: expected name;value;comparison;step", text)
		}
		value, err := strconv.ParseFloat(parts[1], 64)
		if err != nil {
			return nil, err
		}
		step, err := strconv.Atoi(parts[3])
		if err != nil {
			return nil, err
		}
		w.rules = append(w.rules, rule{name: parts[0], value: value, comparison: parts[2], step: step})
	}
	return w, nil
}

// broken tells whether the trial shall stop now.
func (w *watch) broken(o Options) bool {
	if len(w.rules) == 0 {
		return false
	}
	text, err := os.ReadFile(o.Path)
	if err != nil {
		return false
	}
	values, err := o.parse(string(text[:strings.LastIndex(string(text), "\n")+1]))
	if err != nil {
		return false
	}
	for i := range w.rules {
		r := &w.rules[i]
		var numbers []float64
		for _, v := range values {
			if number, err := strconv.ParseFloat(v.Value, 64); err == nil && v.Name == r.name {
				numbers = append(numbers, number)
			}
		}
		if r.judged || len(numbers) < r.step {
			continue
		}
		r.judged = true
		if r.holds(bestOf(numbers[:r.step], o.Type)) {
			return true
		}
	}
	return false
}

func bestOf(numbers []float64, kind string) float64 {
	top := numbers[0]
	for _, n := range numbers {
		if kind == "maximize" && n > top || kind == "minimize" && n < top {
			top = n
		}
	}
	return top
}

func (r *rule) holds(value float64) bool {
	switch r.comparison {
	case "less":
		return value < r.value
	case "greater":
		return value > r.value
	}
	return value == r.value
}
