using cdp;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;
using Cdp.Ingestion.Parsing.Quarantining;

namespace Cdp.Ingestion.Webhooks;

/// <summary>Creates the quarantine record of a payload that could not be mapped. It keeps the whole payload, to be mapped once the mapping is fixed.</summary>
public static class UnplacedPayload
{
    // A payload may be mapped to any number of events, each of which may be refused.
    private const int MaxViolations = 100;

    public static QuarantinedEvent Record(
        ReadOnlySpan<byte> payload, string encoding, IDictionary<string, string> headers, IReadOnlyList<MappingFault> faults,
        Receipt receipt)
    {
        var record = Quarantine.Record(payload, Rejection.Unplaced(faults[0].Message), receipt);
        record.encoding = encoding;
        record.headers = headers;
        var first = record.violations[0];
        first.path = faults[0].Path;
        record.violationCount = faults.Count;
        record.violations = [first, .. faults.Take(MaxViolations).Skip(1).Select(fault => Violation(first, fault))];
        return record;
    }

    private static Violation Violation(Violation first, MappingFault fault) =>
        new() { kind = first.kind, path = fault.Path, message = fault.Message, action = first.action };
}
