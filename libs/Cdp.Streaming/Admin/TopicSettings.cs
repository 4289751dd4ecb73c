using System.Globalization;
using Cdp.Contracts;

namespace Cdp.Streaming.Admin;

/// <summary>A setting of an existing topic that the services must not, or should not, run with.</summary>
/// <param name="IsFatal">
/// Whether the services must not run: records or state would be lost, or writes could never succeed. If false, the setting is only weaker than intended.
/// </param>
/// <param name="Setting">The name of the setting in Kafka.</param>
/// <param name="Value">The value that the topic has.</param>
/// <param name="Wanted">The value that the topic table asks for.</param>
/// <param name="Consequence">What happens with the value that the topic has.</param>
public sealed record TopicFault(bool IsFatal, string Setting, string Value, string Wanted, string Consequence);

/// <summary>Compares the settings of a topic with the topic table.</summary>
public static class TopicSettings
{
    public const string CleanupPolicy = "cleanup.policy";
    public const string RetentionMs = "retention.ms";
    public const string RetentionBytes = "retention.bytes";
    public const string MaxMessageBytes = "max.message.bytes";
    public const string MinInSyncReplicas = "min.insync.replicas";

    /// <summary>Every setting that differs from the topic table in a way that matters.</summary>
    /// <param name="topic">The topic's row in the topic table.</param>
    /// <param name="settings">All settings in force for the topic, defaults included.</param>
    /// <param name="replicas">The number of replicas of the partition that has the fewest.</param>
    public static IEnumerable<TopicFault> Check(Topic topic, IReadOnlyDictionary<string, string> settings, int replicas) =>
        [.. CheckCleanup(topic, settings), .. CheckSize(topic, settings), .. CheckReplicas(settings, replicas)];

    /// <summary>The command that sets the values that the topic table asks for.</summary>
    public static string Command(string bootstrapServers, string name, IEnumerable<TopicFault> faults) =>
        $"kafka-configs.sh --bootstrap-server {bootstrapServers} --alter --entity-type topics --entity-name {name} "
        + $"--add-config {string.Join(',', faults.Select(fault => $"{fault.Setting}={fault.Wanted}"))}";

    private static IEnumerable<TopicFault> CheckCleanup(Topic topic, IReadOnlyDictionary<string, string> settings)
    {
        var policy = settings.GetValueOrDefault(CleanupPolicy, "delete");
        var (compacts, deletes) = (policy.Contains("compact", StringComparison.Ordinal), policy.Contains("delete", StringComparison.Ordinal));
        var wanted = topic.Configs[CleanupPolicy];
        if (topic.Cleanup == Cleanup.Compact)
        {
            if (!compacts || (deletes && (IsBound(settings, RetentionMs) || IsBound(settings, RetentionBytes))))
                yield return new(true, CleanupPolicy, policy, wanted, "the last state of a key is deleted by age or size");
            yield break;
        }
        if (compacts) yield return new(true, CleanupPolicy, policy, wanted, "records are removed as soon as a later one has the same key");
        (string, string)[] limits = [(RetentionMs, "records are deleted sooner"), (RetentionBytes, "records are deleted as soon as a partition is that large")];
        foreach (var (name, consequence) in limits)
        {
            var least = topic.Configs.TryGetValue(name, out var table) ? table : "-1";
            if (!IsBound(settings, name) || (least != "-1" && Number(settings[name]) >= Number(least))) continue;
            yield return topic.Cleanup == Cleanup.Keep
                ? new(true, name, settings[name], least, $"{consequence}, and the state that is rebuilt from them is lost")
                : new(false, name, settings[name], least, $"{consequence}; a service that is down for longer loses them");
        }
    }

    private static IEnumerable<TopicFault> CheckSize(Topic topic, IReadOnlyDictionary<string, string> settings)
    {
        var wanted = topic.Configs[MaxMessageBytes];
        if (!settings.TryGetValue(MaxMessageBytes, out var value) || Number(value) >= Number(wanted)) yield break;
        // The default of Kafka lies between the two. Larger records are dead-lettered, without their values if the dead letters are too large as well.
        yield return Number(value) < SizeLimits.Event
            ? new(true, MaxMessageBytes, value, wanted, "the broker refuses events that ingestion accepts")
            : new(false, MaxMessageBytes, value, wanted, "the broker refuses the largest records, which are then dead-lettered");
    }

    private static IEnumerable<TopicFault> CheckReplicas(IReadOnlyDictionary<string, string> settings, int replicas)
    {
        if (!settings.TryGetValue(MinInSyncReplicas, out var value)) yield break;
        var (least, wanted) = (Number(value), Math.Max(1, replicas - 1).ToString(CultureInfo.InvariantCulture));
        if (least > replicas)
            yield return new(true, MinInSyncReplicas, value, wanted, $"the replication factor is {replicas}, so no write with acks=all ever succeeds");
        else if (replicas > 1 && least == replicas) yield return new(false, MinInSyncReplicas, value, wanted, "writes stop as soon as one broker is down");
        else if (replicas > 2 && least == 1) yield return new(false, MinInSyncReplicas, value, wanted, "an acknowledged record may exist on one broker only");
    }

    private static bool IsBound(IReadOnlyDictionary<string, string> settings, string name) => settings.TryGetValue(name, out var value) && Number(value) >= 0;

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
