using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Topics;

/// <summary>
/// Changes single configs of a resource and leaves the others (KIP-339). The response is an <see cref="AlterConfigsResponse"/>. API key 44.
/// </summary>
internal sealed class IncrementalAlterConfigsRequest : IWireFields
{
    public List<IncrementalAlterConfigsResource>? Resources = [];
    public bool ValidateOnly;

    public void Describe(Wire w)
    {
        w.Array(ref Resources);
        w.Bool(ref ValidateOnly);
        w.Tags();
    }
}

/// <summary>A resource and its changes.</summary>
internal sealed class IncrementalAlterConfigsResource : IWireFields
{
    public sbyte ResourceType;
    public string ResourceName = "";
    public List<IncrementalAlterConfig>? Configs = [];

    public void Describe(Wire w)
    {
        w.Int8(ref ResourceType);
        w.String(ref ResourceName);
        w.Array(ref Configs);
        w.Tags();
    }
}

/// <summary>One change. Operations: 0 set, 1 delete, 2 append to a list, 3 subtract from a list.</summary>
internal sealed class IncrementalAlterConfig : IWireFields
{
    public string Name = "";
    public sbyte ConfigOperation;
    public string? Value;

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Int8(ref ConfigOperation);
        w.NullableString(ref Value);
        w.Tags();
    }
}
