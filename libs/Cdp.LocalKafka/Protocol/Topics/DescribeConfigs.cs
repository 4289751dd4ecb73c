using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Topics;

internal sealed class DescribeConfigsRequest : IWireFields
{
    public List<DescribeConfigsResource>? Resources = [];
    public bool IncludeSynonyms;
    public bool IncludeDocumentation;

    public void Describe(Wire w)
    {
        w.Array(ref Resources);
        w.Bool(ref IncludeSynonyms, since: 1);
        w.Bool(ref IncludeDocumentation, since: 3);
        w.Tags();
    }
}

internal sealed class DescribeConfigsResource : IWireFields
{
    public sbyte ResourceType;
    public string ResourceName = "";

    /// <summary>The names of the configs. Null asks for all.</summary>
    public List<string>? ConfigurationKeys;

    public void Describe(Wire w)
    {
        w.Int8(ref ResourceType);
        w.String(ref ResourceName);
        w.Strings(ref ConfigurationKeys);
        w.Tags();
    }
}

internal sealed class DescribeConfigsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<DescribeConfigsResult>? Results = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Array(ref Results);
        w.Tags();
    }
}

internal sealed class DescribeConfigsResult : IWireFields
{
    public ErrorCode ErrorCode;
    public string? ErrorMessage;
    public sbyte ResourceType;
    public string ResourceName = "";
    public List<DescribedConfig>? Configs = [];

    public void Describe(Wire w)
    {
        w.Error(ref ErrorCode);
        w.NullableString(ref ErrorMessage);
        w.Int8(ref ResourceType);
        w.String(ref ResourceName);
        w.Array(ref Configs);
        w.Tags();
    }
}

internal sealed class DescribedConfig : IWireFields
{
    public string Name = "";
    public string? Value;
    public bool ReadOnly;
    public bool IsDefault;
    public sbyte ConfigSource = -1;
    public bool IsSensitive;
    public List<ConfigSynonym>? Synonyms = [];
    public sbyte ConfigType;
    public string? Documentation;

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.NullableString(ref Value);
        w.Bool(ref ReadOnly);
        w.Bool(ref IsDefault, until: 0);
        w.Int8(ref ConfigSource, since: 1);
        w.Bool(ref IsSensitive);
        w.Array(ref Synonyms, since: 1);
        w.Int8(ref ConfigType, since: 3);
        w.NullableString(ref Documentation, since: 3);
        w.Tags();
    }
}

internal sealed class ConfigSynonym : IWireFields
{
    public string Name = "";
    public string? Value;
    public sbyte Source;

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.NullableString(ref Value);
        w.Int8(ref Source);
        w.Tags();
    }
}
