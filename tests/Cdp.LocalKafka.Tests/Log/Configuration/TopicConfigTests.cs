using Cdp.LocalKafka.Log.Batches;
using Cdp.LocalKafka.Log.Configuration;
using Cdp.LocalKafka.Protocol;

namespace Cdp.LocalKafka.Tests.Log.Configuration;

public sealed class TopicConfigTests
{
    [Theory]
    [InlineData("cleanup.policy", "compact, delete", "compact,delete")]
    [InlineData("cleanup.policy", "", "")]
    [InlineData("preallocate", " TRUE ", "true")]
    [InlineData("segment.bytes", "1048576", "1048576")]
    [InlineData("retention.ms", "-1", "-1")]
    [InlineData("retention.bytes", "-7", "-7")]
    [InlineData("min.cleanable.dirty.ratio", "0.50", "0.5")]
    [InlineData("compression.zstd.level", "-131072", "-131072")]
    [InlineData("leader.replication.throttled.replicas", "0:1,1:1", "0:1,1:1")]
    public void Parse_ValidValue_IsNormalized(string name, string text, string expected)
    {
        var (configs, problem) = TopicConfig.Parse([new(name, text)]);
        Assert.Null(problem);
        Assert.Equal(expected, configs[name]);
    }

    [Theory]
    [InlineData("cleanup.policy", "compact,Delete")]
    [InlineData("preallocate", "yes")]
    [InlineData("segment.bytes", "1048575")]
    [InlineData("segment.bytes", "1 048 576")]
    [InlineData("segment.ms", "0")]
    [InlineData("retention.ms", "-2")]
    [InlineData("max.message.bytes", "-1")]
    [InlineData("max.message.bytes", "2147483648")]
    [InlineData("max.compaction.lag.ms", "0")]
    [InlineData("min.cleanable.dirty.ratio", "1.01")]
    [InlineData("min.insync.replicas", "0")]
    [InlineData("compression.gzip.level", "10")]
    [InlineData("compression.type", "none")]
    [InlineData("message.timestamp.type", "createtime")]
    [InlineData("message.timestamp.after.max.ms", "x")]
    [InlineData("message.format.version", "3.0")]
    [InlineData("no.such.config", "1")]
    public void Parse_InvalidValue_NamesTheConfig(string name, string text)
    {
        var (_, problem) = TopicConfig.Parse([new(name, text)]);
        Assert.Contains($"'{name}'", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_MinCompactionLagAboveMax_IsRefused()
    {
        Assert.Null(TopicConfig.Parse([new("min.compaction.lag.ms", "10"), new("max.compaction.lag.ms", "10")]).Problem);
        Assert.NotNull(TopicConfig.Parse([new("min.compaction.lag.ms", "11"), new("max.compaction.lag.ms", "10")]).Problem);
    }

    [Fact]
    public void Describe_EveryDefault_IsValidAndNormalized() =>
        Assert.All(TopicConfig.Describe(new Dictionary<string, string>()), config => Assert.Equal((config.Value, null), config.Definition.Parse(config.Value)));

    [Fact]
    public void Describe_NoConfigs_ReturnsKafkasDefaults()
    {
        var defaults = TopicConfig.Describe(new Dictionary<string, string>()).ToDictionary(config => config.Definition.Name, config => config.Value);
        Assert.Equal(28, defaults.Count);
        Assert.Equal(
            ("1073741824", "604800000", "3600000", "1048588", "delete"),
            (
                defaults["segment.bytes"], defaults["retention.ms"], defaults["message.timestamp.after.max.ms"], defaults["max.message.bytes"],
                defaults["cleanup.policy"]));
    }

    [Theory]
    [InlineData(ConfigOperation.Set, "compact", "compact")]
    [InlineData(ConfigOperation.Delete, null, null)]
    [InlineData(ConfigOperation.Append, "compact,delete", "delete,compact")]
    [InlineData(ConfigOperation.Subtract, "delete", "")]
    [InlineData(ConfigOperation.Subtract, "compact", "delete")]
    internal void Apply_ListConfig_AppliesTheOperation(ConfigOperation operation, string? value, string? expected)
    {
        var set = new Dictionary<string, string> { ["cleanup.policy"] = "delete", ["retention.ms"] = "1" };
        var (configs, error, _) = ConfigChange.Apply(set, [new("cleanup.policy", operation, value)]);
        Assert.Equal((ErrorCode.None, expected, "1"), (error, configs.GetValueOrDefault("cleanup.policy"), configs["retention.ms"]));
    }

    [Fact]
    public void Apply_AppendToAnUnsetList_StartsWithTheDefault() =>
        Assert.Equal(
            "delete,compact",
            ConfigChange.Apply(new Dictionary<string, string>(), [new("cleanup.policy", ConfigOperation.Append, "compact")]).Configs["cleanup.policy"]);

    [Theory]
    [InlineData("retention.ms", ConfigOperation.Append, ErrorCode.InvalidConfig)]
    [InlineData("no.such.list", ConfigOperation.Subtract, ErrorCode.InvalidConfig)]
    [InlineData("cleanup.policy", (ConfigOperation)9, ErrorCode.InvalidRequest)]
    internal void Apply_ImpossibleOperation_IsRefused(string name, ConfigOperation operation, ErrorCode expected) =>
        Assert.Equal(expected, ConfigChange.Apply(new Dictionary<string, string>(), [new(name, operation, "1")]).Error);

    [Theory]
    [InlineData("producer", null, null)]
    [InlineData("snappy", Codec.Snappy, null)]
    [InlineData("gzip", Codec.Gzip, 7)]
    [InlineData("lz4", Codec.Lz4, 9)]
    public void Settings_CompressionType_HasItsLevel(string type, object? codec, int? level)
    {
        var set = new Dictionary<string, string> { ["compression.type"] = type, ["compression.gzip.level"] = "7", ["compression.zstd.level"] = "1" };
        var settings = TopicConfig.Settings(set, TimeProvider.System, flushEveryAppend: false);
        Assert.Equal((codec, level), (settings.Compression, settings.CompressionLevel));
    }
}
