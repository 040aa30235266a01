package spec

// Pipelines and transactions. Columns: see row.
var txRows = []row{
	{"Pipeline", "", "n", "", "", "Pipeliner", "", served},
	{"Pipelined", "", "", "", "fn func(Pipeliner) error", "([]Cmder, error)", "", served},
	{"TxPipeline", "", "n", "", "", "Pipeliner", "", served},
	{"TxPipelined", "", "", "", "fn func(Pipeliner) error", "([]Cmder, error)", "", served},
}
