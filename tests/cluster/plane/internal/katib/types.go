package katib

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The documents of kubeflow.org/v1beta1, as far as the stand-in reads and writes them. What is not here is dropped at admission.

// Experiment is what a user submits.
type Experiment struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              ExperimentSpec   `json:"spec"`
	Status            ExperimentStatus `json:"status,omitzero"`
}

// ExperimentSpec is the user's part.
type ExperimentSpec struct {
	Parameters           []ParameterSpec       `json:"parameters,omitempty"`
	Objective            *ObjectiveSpec        `json:"objective,omitempty"`
	Algorithm            *AlgorithmSpec        `json:"algorithm,omitempty"`
	EarlyStopping        *EarlyStoppingSpec    `json:"earlyStopping,omitempty"`
	TrialTemplate        *TrialTemplate        `json:"trialTemplate,omitempty"`
	ParallelTrialCount   *int32                `json:"parallelTrialCount,omitempty"`
	MaxTrialCount        *int32                `json:"maxTrialCount,omitempty"`
	MaxFailedTrialCount  *int32                `json:"maxFailedTrialCount,omitempty"`
	MetricsCollectorSpec *MetricsCollectorSpec `json:"metricsCollectorSpec,omitempty"`
	NasConfig            json.RawMessage       `json:"nasConfig,omitempty"`
	ResumePolicy         string                `json:"resumePolicy,omitempty"`
}

// ParameterSpec is one dimension of the search.
type ParameterSpec struct {
	Name          string        `json:"name,omitempty"`
	ParameterType string        `json:"parameterType,omitempty"`
	FeasibleSpace FeasibleSpace `json:"feasibleSpace,omitempty"`
}

// FeasibleSpace is its range, in strings.
type FeasibleSpace struct {
	Max          string   `json:"max,omitempty"`
	Min          string   `json:"min,omitempty"`
	List         []string `json:"list,omitempty"`
	Step         string   `json:"step,omitempty"`
	Distribution string   `json:"distribution,omitempty"`
}

// ObjectiveSpec says what is best.
type ObjectiveSpec struct {
	Type                  string           `json:"type,omitempty"`
	Goal                  *float64         `json:"goal,omitempty"`
	ObjectiveMetricName   string           `json:"objectiveMetricName,omitempty"`
	AdditionalMetricNames []string         `json:"additionalMetricNames,omitempty"`
	MetricStrategies      []MetricStrategy `json:"metricStrategies,omitempty"`
}

// MetricStrategy says which of a metric's values counts: min, max or latest.
type MetricStrategy struct {
	Name  string `json:"name,omitempty"`
	Value string `json:"value,omitempty"`
}

// Setting is a name and a value, both strings.
type Setting struct {
	Name  string `json:"name,omitempty"`
	Value string `json:"value,omitempty"`
}

// AlgorithmSpec names the search.
type AlgorithmSpec struct {
	AlgorithmName     string    `json:"algorithmName,omitempty"`
	AlgorithmSettings []Setting `json:"algorithmSettings,omitempty"`
}

// EarlyStoppingSpec names the rule that ends bad trials.
type EarlyStoppingSpec struct {
	AlgorithmName     string    `json:"algorithmName,omitempty"`
	AlgorithmSettings []Setting `json:"algorithmSettings,omitempty"`
}

// TrialTemplate is what runs for each trial.
type TrialTemplate struct {
	Retain               bool                 `json:"retain,omitempty"`
	TrialSpec            map[string]any       `json:"trialSpec,omitempty"`
	ConfigMap            *ConfigMapSource     `json:"configMap,omitempty"`
	TrialParameters      []TrialParameterSpec `json:"trialParameters,omitempty"`
	PrimaryPodLabels     map[string]string    `json:"primaryPodLabels,omitempty"`
	PrimaryContainerName string               `json:"primaryContainerName,omitempty"`
	SuccessCondition     string               `json:"successCondition,omitempty"`
	FailureCondition     string               `json:"failureCondition,omitempty"`
}

// ConfigMapSource is where a template is that is not in the Experiment.
type ConfigMapSource struct {
	ConfigMapName      string `json:"configMapName,omitempty"`
	ConfigMapNamespace string `json:"configMapNamespace,omitempty"`
	TemplatePath       string `json:"templatePath,omitempty"`
}

// TrialParameterSpec ties a placeholder of the template to a parameter.
type TrialParameterSpec struct {
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	Reference   string `json:"reference,omitempty"`
}

// MetricsCollectorSpec says where metrics come from.
type MetricsCollectorSpec struct {
	Source    *SourceSpec    `json:"source,omitempty"`
	Collector *CollectorSpec `json:"collector,omitempty"`
}

// SourceSpec is a file, with the filter that finds metrics in it.
type SourceSpec struct {
	HTTPGet        json.RawMessage `json:"httpGet,omitempty"`
	FileSystemPath *FileSystemPath `json:"fileSystemPath,omitempty"`
	Filter         *FilterSpec     `json:"filter,omitempty"`
}

// FileSystemPath is a file or folder of the trial.
type FileSystemPath struct {
	Path   string `json:"path,omitempty"`
	Kind   string `json:"kind,omitempty"`
	Format string `json:"format,omitempty"`
}

// FilterSpec has regular expressions with two groups, name and value.
type FilterSpec struct {
	MetricsFormat []string `json:"metricsFormat,omitempty"`
}

// CollectorSpec is the kind of collector.
type CollectorSpec struct {
	Kind            string          `json:"kind,omitempty"`
	CustomCollector json.RawMessage `json:"customCollector,omitempty"`
}

// Condition is one of an object's states.
type Condition struct {
	Type               string `json:"type"`
	Status             string `json:"status"`
	Reason             string `json:"reason,omitempty"`
	Message            string `json:"message,omitempty"`
	LastUpdateTime     string `json:"lastUpdateTime,omitempty"`
	LastTransitionTime string `json:"lastTransitionTime,omitempty"`
}

// ExperimentStatus is Katib's part.
type ExperimentStatus struct {
	StartTime                   string       `json:"startTime,omitempty"`
	CompletionTime              string       `json:"completionTime,omitempty"`
	Conditions                  []Condition  `json:"conditions,omitempty"`
	CurrentOptimalTrial         OptimalTrial `json:"currentOptimalTrial"`
	RunningTrialList            []string     `json:"runningTrialList,omitempty"`
	PendingTrialList            []string     `json:"pendingTrialList,omitempty"`
	FailedTrialList             []string     `json:"failedTrialList,omitempty"`
	SucceededTrialList          []string     `json:"succeededTrialList,omitempty"`
	EarlyStoppedTrialList       []string     `json:"earlyStoppedTrialList,omitempty"`
	MetricsUnavailableTrialList []string     `json:"metricsUnavailableTrialList,omitempty"`
	Trials                      int          `json:"trials,omitempty"`
	TrialsSucceeded             int          `json:"trialsSucceeded,omitempty"`
	TrialsFailed                int          `json:"trialsFailed,omitempty"`
	TrialsPending               int          `json:"trialsPending,omitempty"`
	TrialsRunning               int          `json:"trialsRunning,omitempty"`
	TrialsEarlyStopped          int          `json:"trialsEarlyStopped,omitempty"`
	TrialMetricsUnavailable     int          `json:"trialMetricsUnavailable,omitempty"`
}

// OptimalTrial is the best so far.
type OptimalTrial struct {
	BestTrialName        string      `json:"bestTrialName,omitempty"`
	ParameterAssignments []Setting   `json:"parameterAssignments,omitempty"`
	Observation          Observation `json:"observation"`
}

// Observation is what a trial measured.
type Observation struct {
	Metrics []Metric `json:"metrics,omitempty"`
}

// Metric is one measure, in strings.
type Metric struct {
	Name   string `json:"name"`
	Min    string `json:"min"`
	Max    string `json:"max"`
	Latest string `json:"latest"`
}

// Rule is a value that a trial must reach by a number of reports.
type Rule struct {
	Name       string `json:"name"`
	Value      string `json:"value"`
	Comparison string `json:"comparison"`
	StartStep  int    `json:"startStep,omitempty"`
}

// Suggestion is the search of one Experiment.
type Suggestion struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              SuggestionSpec   `json:"spec"`
	Status            SuggestionStatus `json:"status,omitzero"`
}

// SuggestionSpec asks for a number of assignments.
type SuggestionSpec struct {
	Algorithm     *AlgorithmSpec     `json:"algorithm,omitempty"`
	EarlyStopping *EarlyStoppingSpec `json:"earlyStopping,omitempty"`
	Requests      int                `json:"requests,omitempty"`
	ResumePolicy  string             `json:"resumePolicy,omitempty"`
}

// SuggestionStatus has them.
type SuggestionStatus struct {
	StartTime       string            `json:"startTime,omitempty"`
	SuggestionCount int               `json:"suggestionCount,omitempty"`
	Suggestions     []TrialAssignment `json:"suggestions,omitempty"`
	Conditions      []Condition       `json:"conditions,omitempty"`
}

// TrialAssignment is one trial to be.
type TrialAssignment struct {
	Name                 string    `json:"name,omitempty"`
	ParameterAssignments []Setting `json:"parameterAssignments,omitempty"`
	EarlyStoppingRules   []Rule    `json:"earlyStoppingRules,omitempty"`
}

// Trial is one run.
type Trial struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              TrialSpec   `json:"spec"`
	Status            TrialStatus `json:"status,omitzero"`
}

// TrialSpec is what runs, with its assignments.
type TrialSpec struct {
	Objective            *ObjectiveSpec        `json:"objective,omitempty"`
	ParameterAssignments []Setting             `json:"parameterAssignments,omitempty"`
	EarlyStoppingRules   []Rule                `json:"earlyStoppingRules,omitempty"`
	RunSpec              map[string]any        `json:"runSpec,omitempty"`
	RetainRun            bool                  `json:"retainRun,omitempty"`
	MetricsCollector     *MetricsCollectorSpec `json:"metricsCollector,omitempty"`
	PrimaryPodLabels     map[string]string     `json:"primaryPodLabels,omitempty"`
	PrimaryContainerName string                `json:"primaryContainerName,omitempty"`
	SuccessCondition     string                `json:"successCondition,omitempty"`
	FailureCondition     string                `json:"failureCondition,omitempty"`
	Labels               map[string]string     `json:"labels,omitempty"`
}

// TrialStatus is how it went.
type TrialStatus struct {
	StartTime      string       `json:"startTime,omitempty"`
	CompletionTime string       `json:"completionTime,omitempty"`
	Conditions     []Condition  `json:"conditions,omitempty"`
	Observation    *Observation `json:"observation,omitempty"`
}
