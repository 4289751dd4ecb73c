using Cdp.Chaos.Faults;

namespace Cdp.Chaos.Ledger;

/// <summary>The actions of the run, for comparison with its results.</summary>
/// <param name="Answers">By event that ingestion answered: null if it was acknowledged, else the code of its refusal.</param>
/// <param name="Garbage">The unreadable records that were written, once per service that reads them.</param>
/// <param name="Redrives">The dead deliveries that were sent again at the end.</param>
/// <param name="Failures">Shutdowns, commands and requests of operators that did not end as documented.</param>
public sealed record RunActions(
    IReadOnlyDictionary<int, string?> Answers, IReadOnlyList<GarbageRecord> Garbage, IReadOnlyList<Redrive> Redrives, IReadOnlyList<string> Failures);
