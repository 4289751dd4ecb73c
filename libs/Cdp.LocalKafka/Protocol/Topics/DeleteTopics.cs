using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Topics;

internal sealed class DeleteTopicsRequest : IWireFields
{
    public List<DeleteTopicState>? Topics = [];
    public List<string>? TopicNames = [];
    public int TimeoutMs;

    public void Describe(Wire w)
    {
        w.Array(ref Topics, since: 6);
        w.Strings(ref TopicNames, until: 5);
        w.Int32(ref TimeoutMs);
        w.Tags();
    }
}

internal sealed class DeleteTopicState : IWireFields
{
    public string? Name;
    public Guid TopicId;

    public void Describe(Wire w)
    {
        w.NullableString(ref Name);
        w.Uuid(ref TopicId);
        w.Tags();
    }
}

internal sealed class DeleteTopicsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<DeletableTopicResult>? Responses = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs, since: 1);
        w.Array(ref Responses);
        w.Tags();
    }
}

internal sealed class DeletableTopicResult : IWireFields
{
    public string? Name;
    public Guid TopicId;
    public ErrorCode ErrorCode;
    public string? ErrorMessage;

    public void Describe(Wire w)
    {
        w.NullableString(ref Name);
        w.Uuid(ref TopicId, since: 6);
        w.Error(ref ErrorCode);
        w.NullableString(ref ErrorMessage, since: 5);
        w.Tags();
    }
}
