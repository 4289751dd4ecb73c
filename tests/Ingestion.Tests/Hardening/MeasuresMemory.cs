using Xunit;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>The collection of tests that measure the memory of the process. No other test runs at the same time.</summary>
[CollectionDefinition(nameof(MeasuresMemory), DisableParallelization = true)]
public sealed class MeasuresMemory;
