module pysession.example/testees/go

go 1.25.0

require github.com/microsoft/agent-framework-go v0.0.0-20260724093212-5b27c979abb4
