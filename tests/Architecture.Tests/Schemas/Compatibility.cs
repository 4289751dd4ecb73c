using Avro;
using Cdp.LocalRegistry;

namespace Cdp.Architecture.Tests.Schemas;

/// <summary>FULL compatibility of two versions of all records, by the same rules as the schema registry of Local.</summary>
internal static class Compatibility
{
    /// <summary>Every record that cannot be read with the other version's schema, in either direction, and every record that no longer exists.</summary>
    public static IEnumerable<string> Faults(IReadOnlyDictionary<string, RecordSchema> released, IReadOnlyDictionary<string, RecordSchema> today)
    {
        foreach (var (name, before) in released)
        {
            if (!today.TryGetValue(name, out var now))
            {
                yield return $"{name}: the record type was removed, but the topics still contain such records";
                continue;
            }
            foreach (var fault in AvroCompatibility.FindErrors(reader: now, writer: before))
            {
                yield return $"{name}: the current schema cannot read released records: {fault}";
            }
            foreach (var fault in AvroCompatibility.FindErrors(reader: before, writer: now))
            {
                yield return $"{name}: the released schema cannot read current records: {fault}";
            }
        }
    }
}
