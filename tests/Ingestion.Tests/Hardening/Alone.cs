using Xunit;

namespace Cdp.Ingestion.Tests.Hardening;

/// <summary>Tests that measure the memory of the process, so that no others may run beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
