using cdp;
using Cdp.Ingestion.Mapping;
using Cdp.Ingestion.Parsing;

namespace Cdp.Ingestion.Webhooks;

/// <summary>Makes the record of a payload that could not be placed, whole, so that it can be mapped again once the mapping is mended.</summary>
public static class UnplacedPayload
{
    public static QuarantinedEvent Record(
        ReadOnlySpan<byte> payload, string encoding, IDictionary<string, string> headers, IReadOnlyList<MappingFault> faults,
        Receipt receipt)
    {
        var record = Quarantine.Record(payload, Rejection.Unplaced(faults[0].Message), receipt);
        record.encoding = encoding;
        record.headers = headers;
        var first = record.violations[0];
        first.path = faults[0].Path;
        record.violations = [first, .. faults.Skip(1).Select(fault => new Violation { kind = first.kind, path = fault.Path, message = fault.Message, action = first.action })];
        return record;
    }
}
