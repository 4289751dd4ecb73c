using Cdp.Contracts;
using Cdp.Streaming.Admin;
using Xunit;

namespace Cdp.Streaming.Tests.Admin;

/// <summary>Settings that would lose state are fatal; weaker settings that do no lasting harm are reported.</summary>
public sealed class TopicSettingsTests
{
    private static readonly Dictionary<string, string> Defaults = new()
    {
        ["cleanup.policy"] = "delete",
        ["retention.ms"] = "604800000",
        ["retention.bytes"] = "-1",
        ["max.message.bytes"] = "1048588",
        ["min.insync.replicas"] = "1",
    };

    [Fact]
    public void Check_TopicAsCreated_HasNoFault()
    {
        foreach (var topic in Topics.All) Assert.Empty(TopicSettings.Check(topic, Settings(topic), 1));
    }

    [Theory]
    [InlineData("profiles", "cleanup.policy", "delete", true)]
    [InlineData("profiles", "cleanup.policy", "compact,delete", true)]
    [InlineData("imports.checkpoints", "cleanup.policy", "delete", true)]
    [InlineData("identity.decisions", "retention.ms", "604800000", true)]
    [InlineData("identity.decisions", "retention.bytes", "1073741824", true)]
    [InlineData("identity.decisions", "cleanup.policy", "compact", true)]
    [InlineData("events.collected", "cleanup.policy", "compact", true)]
    [InlineData("events.collected", "cleanup.policy", "compact,delete", true)]
    [InlineData("events.collected", "retention.ms", "60000", false)]
    [InlineData("events.collected", "retention.bytes", "1000000", false)]
    [InlineData("dead", "retention.ms", "604800000", false)]
    [InlineData("dead", "max.message.bytes", "1048588", false)]
    [InlineData("profiles", "max.message.bytes", "1048588", false)]
    [InlineData("events.collected", "max.message.bytes", "1000", true)]
    [InlineData("events.collected", "min.insync.replicas", "2", true)]
    public void Check_WorseThanTheTable_IsReported(string name, string setting, string value, bool isFatal)
    {
        var topic = Topics.All.Single(topic => topic.Name == name);
        var fault = Assert.Single(TopicSettings.Check(topic, Settings(topic, (setting, value)), 1));
        Assert.Equal((isFatal, setting, value), (fault.IsFatal, fault.Setting, fault.Value));
        Assert.Contains($"--entity-name cdp.{name} --add-config {setting}=", TopicSettings.Command("b:9092", $"cdp.{name}", [fault]), StringComparison.Ordinal);
        // The command corrects it.
        Assert.Empty(TopicSettings.Check(topic, Settings(topic, (setting, fault.Wanted)), 1));
    }

    [Theory]
    [InlineData("events.collected", "retention.ms", "-1")]
    [InlineData("events.collected", "retention.ms", "31536000000")]
    [InlineData("events.collected", "max.message.bytes", "9999999")]
    public void Check_StrongerThanTheTable_IsFine(string name, string setting, string value)
    {
        var topic = Topics.All.Single(topic => topic.Name == name);
        Assert.Empty(TopicSettings.Check(topic, Settings(topic, (setting, value)), 1));
    }

    [Fact]
    public void Check_CompactAndDeleteWithoutBounds_IsFine() =>
        Assert.Empty(TopicSettings.Check(Topics.Profiles, Settings(Topics.Profiles, ("cleanup.policy", "compact,delete"), ("retention.ms", "-1")), 1));

    [Theory]
    [InlineData("1", 1, null)]
    [InlineData("2", 3, null)]
    [InlineData("1", 2, null)]
    [InlineData("1", 3, false)]
    [InlineData("3", 3, false)]
    [InlineData("2", 2, false)]
    [InlineData("4", 3, true)]
    public void Check_MinInSyncReplicas_IsComparedWithTheReplicationFactor(string least, int replicas, bool? isFatal) =>
        Assert.Equal(
            isFatal, TopicSettings.Check(Topics.Profiles, Settings(Topics.Profiles, ("min.insync.replicas", least)), replicas).SingleOrDefault()?.IsFatal);

    private static Dictionary<string, string> Settings(Topic topic, params (string Name, string Value)[] changes)
    {
        var settings = new Dictionary<string, string>(Defaults);
        foreach (var (name, value) in topic.Configs) settings[name] = value;
        foreach (var (name, value) in changes) settings[name] = value;
        return settings;
    }
}
