using System.Globalization;

namespace Cdp.LocalKafka.Log;

/// <summary>A topic and the logs of its partitions, as they are at one moment: a change makes another.</summary>
/// <param name="Configs">What was set on the topic; everything else has <see cref="TopicConfig"/>'s default.</param>
internal sealed record Topic(string Name, Guid Id, IReadOnlyDictionary<string, string> Configs, IReadOnlyList<PartitionLog> Partitions)
{
    /// <summary>Whether the broker keeps its own state in it; clients cannot delete it and patterns pass it over.</summary>
    public bool IsInternal => Name is TopicStore.OffsetsTopic or TopicStore.TransactionsTopic;

    public PartitionLog? Partition(int index) => index >= 0 && index < Partitions.Count ? Partitions[index] : null;
}

/// <summary>The rules for names that Kafka's own tools apply.</summary>
internal static class TopicName
{
    private const int MaxLength = 249;

    /// <summary>Null when the name may be used, else what is wrong with it.</summary>
    public static string? Problem(string name) => name switch
    {
        "" => "the topic name is empty",
        "." or ".." => $"the topic name is '{name}'",
        { Length: > MaxLength } => string.Create(CultureInfo.InvariantCulture, $"the topic name is longer than {MaxLength} characters"),
        _ when name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') => null,
        _ => $"the topic name '{name}' has characters other than ASCII letters and digits, '.', '_' and '-'",
    };
}
