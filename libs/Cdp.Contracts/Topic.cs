using Avro.Specific;

namespace Cdp.Contracts;

/// <summary>What a topic keeps. The numbers that a cluster can override are in <see cref="Topics"/>.</summary>
public enum Cleanup
{
    /// <summary>Seven days.</summary>
    Delete,

    /// <summary>Ninety days: what somebody may want to mend and send again. Records may be larger than elsewhere, since they wrap one.</summary>
    DeleteLong,

    /// <summary>The last record of each key.</summary>
    Compact,

    /// <summary>Everything, for ever: a history that state is rebuilt from.</summary>
    Keep,
}

/// <summary>One row of the topic table: name without prefix, the records it carries, what its key is, how it is partitioned and kept.</summary>
/// <param name="Name">The name without the configured prefix.</param>
/// <param name="Key">What the key is, for people; keys are UTF-8 strings.</param>
/// <param name="Cleanup">What is kept.</param>
/// <param name="SinglePartition">True where the total order of the topic matters; else it has as many partitions as every keyed topic.</param>
/// <param name="Records">The generated record types that it carries.</param>
public sealed record Topic(string Name, string Key, Cleanup Cleanup, bool SinglePartition, params Type[] Records)
{
    /// <summary>
    /// The registry subject of a record: <c>TOPIC-value</c> for a topic of one record type (Confluent's TopicNameStrategy),
    /// the record's full name for a topic of several (RecordNameStrategy).
    /// </summary>
    public string Subject(string prefix, ISpecificRecord record) => Records.Length == 1 ? $"{prefix}{Name}-value" : record.Schema.Fullname;

    /// <summary>The topic's configuration as Kafka names it.</summary>
    public IReadOnlyDictionary<string, string> Configs => Cleanup switch
    {
        Cleanup.Delete => new Dictionary<string, string> { ["cleanup.policy"] = "delete", ["retention.ms"] = Days(7) },
        Cleanup.DeleteLong => new Dictionary<string, string> { ["cleanup.policy"] = "delete", ["retention.ms"] = Days(90), ["max.message.bytes"] = "4194304" },
        Cleanup.Compact => new Dictionary<string, string> { ["cleanup.policy"] = "compact" },
        _ => new Dictionary<string, string> { ["cleanup.policy"] = "delete", ["retention.ms"] = "-1" },
    };

    private static string Days(int days) => ((long)TimeSpan.FromDays(days).TotalMilliseconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
