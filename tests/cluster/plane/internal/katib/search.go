package katib

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand"
	"strconv"
	"strings"
)

// checkSettings is what a search service says of an Experiment before its first answer.
func checkSettings(e *Experiment) error {
	name := e.Spec.Algorithm.AlgorithmName
	for _, s := range e.Spec.Algorithm.AlgorithmSettings {
		if (name == "random" || name == "grid") && s.Name != "random_state" {
			return fmt.Errorf("ValidateAlgorithmSettings Error: unknown setting %s for algorithm %s", s.Name, name)
		}
	}
	if name != "grid" {
		return nil
	}
	combinations := 1
	for _, p := range e.Spec.Parameters {
		if p.ParameterType == "double" && p.FeasibleSpace.Step == "" {
			return fmt.Errorf("ValidateAlgorithmSettings Error: Param %s step is nil; For discrete search space, all parameters must include step", p.Name)
		}
		values, err := latticeOf(&p)
		if err != nil {
			return err
		}
		combinations *= len(values)
	}
	if n := e.Spec.MaxTrialCount; n != nil && int(*n) > combinations {
		return fmt.Errorf("ValidateAlgorithmSettings Error: Max Trial Count: %d > all possible search combinations: %d", *n, combinations)
	}
	return nil
}

// points are the next assignments: by number on a grid, else drawn at random. The same Experiment gets the same ones.
func points(e *Experiment, from, count int) ([][]Setting, error) {
	var all [][]Setting
	for i := from; i < from+count; i++ {
		point, err := pointAt(e, i)
		if err != nil {
			return nil, err
		}
		all = append(all, point)
	}
	return all, nil
}

func pointAt(e *Experiment, index int) ([]Setting, error) {
	source := rand.New(rand.NewSource(seed(e, index)))
	var point []Setting
	rest := index
	for i := range e.Spec.Parameters {
		p := &e.Spec.Parameters[i]
		value := ""
		var err error
		if e.Spec.Algorithm.AlgorithmName == "grid" {
			var values []string
			if values, err = latticeOf(p); err == nil {
				value, rest = values[rest%len(values)], rest/len(values)
			}
		} else {
			value, err = draw(p, source)
		}
		if err != nil {
			return nil, err
		}
		point = append(point, Setting{p.Name, value})
	}
	source.Shuffle(len(point), func(i, j int) { point[i], point[j] = point[j], point[i] })
	return point, nil
}

func seed(e *Experiment, index int) int64 {
	sum := fnv.New64a()
	fmt.Fprint(sum, e.UID, index)
	for _, s := range e.Spec.Algorithm.AlgorithmSettings {
		if s.Name == "random_state" {
			sum.Reset()
			fmt.Fprint(sum, s.Value, index)
		}
	}
	return int64(sum.Sum64())
}

func draw(p *ParameterSpec, source *rand.Rand) (string, error) {
	if len(p.FeasibleSpace.List) > 0 {
		return p.FeasibleSpace.List[source.Intn(len(p.FeasibleSpace.List))], nil
	}
	low, high, step, err := bounds(p)
	if err != nil {
		return "", err
	}
	value := low + source.Float64()*(high-low)
	if p.FeasibleSpace.Distribution == "logUniform" {
		value = math.Exp(math.Log(low) + source.Float64()*(math.Log(high)-math.Log(low)))
	}
	if step > 0 {
		value = low + math.Round((value-low)/step)*step
	}
	return write(p, math.Min(math.Max(value, low), high)), nil
}

func latticeOf(p *ParameterSpec) ([]string, error) {
	if len(p.FeasibleSpace.List) > 0 {
		return p.FeasibleSpace.List, nil
	}
	low, high, step, err := bounds(p)
	if err != nil {
		return nil, err
	}
	if step <= 0 {
		return nil, fmt.Errorf("parameter %s: found step %v, expected more than 0", p.Name, step)
	}
	var values []string
	for i := 0; low+float64(i)*step <= high+step*1e-9; i++ {
		values = append(values, write(p, low+float64(i)*step))
	}
	return values, nil
}

func bounds(p *ParameterSpec) (low, high, step float64, err error) {
	if p.ParameterType == "int" {
		step = 1
	}
	for _, row := range []struct {
		to   *float64
		text string
	}{{&low, p.FeasibleSpace.Min}, {&high, p.FeasibleSpace.Max}, {&step, p.FeasibleSpace.Step}} {
		if row.text == "" {
			continue
		}
		if *row.to, err = strconv.ParseFloat(row.text, 64); err != nil {
			return 0, 0, 0, fmt.Errorf("parameter %s: could not convert string to float: '%s'", p.Name, row.text)
		}
	}
	return low, high, step, nil
}

// write is a number as Python prints it.
func write(p *ParameterSpec, value float64) string {
	if p.ParameterType == "int" {
		return strconv.FormatInt(int64(math.Round(value)), 10)
	}
	if size := math.Abs(value); size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.FormatFloat(value, 'e', -1, 64)
	}
	text := strconv.FormatFloat(value, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
