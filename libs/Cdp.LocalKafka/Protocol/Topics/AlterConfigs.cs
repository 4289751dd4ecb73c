using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Topics;

/// <summary>Replaces all configs of a resource. Configs that the request does not name are reset to their defaults. API key 33.</summary>
internal sealed class AlterConfigsRequest : IWireFields
{
    public List<AlterConfigsResource>? Resources = [];
    public bool ValidateOnly;

    public void Describe(Wire w)
    {
        w.Array(ref Resources);
        w.Bool(ref ValidateOnly);
        w.Tags();
    }
}

/// <summary>A resource and all configs to set on it.</summary>
internal sealed class AlterConfigsResource : IWireFields
{
    public sbyte ResourceType;
    public string ResourceName = "";
    public List<AlterableConfig>? Configs = [];

    public void Describe(Wire w)
    {
        w.Int8(ref ResourceType);
        w.String(ref ResourceName);
        w.Array(ref Configs);
        w.Tags();
    }
}

/// <summary>A config and its value.</summary>
internal sealed class AlterableConfig : IWireFields
{
    public string Name = "";
    public string? Value;

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.NullableString(ref Value);
        w.Tags();
    }
}

/// <summary>The result for each resource of an AlterConfigs or IncrementalAlterConfigs request.</summary>
internal sealed class AlterConfigsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<AlteredResource>? Responses = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Array(ref Responses);
        w.Tags();
    }
}

/// <summary>The result for one resource. Either all changes are made or none.</summary>
internal sealed class AlteredResource : IWireFields
{
    public ErrorCode ErrorCode;
    public string? ErrorMessage;
    public sbyte ResourceType;
    public string ResourceName = "";

    public void Describe(Wire w)
    {
        w.Error(ref ErrorCode);
        w.NullableString(ref ErrorMessage);
        w.Int8(ref ResourceType);
        w.String(ref ResourceName);
        w.Tags();
    }
}
