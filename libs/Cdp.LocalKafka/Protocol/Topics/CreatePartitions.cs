using Cdp.LocalKafka.Protocol.Serialization;

namespace Cdp.LocalKafka.Protocol.Topics;

/// <summary>Adds partitions to topics (KIP-195). API key 37.</summary>
internal sealed class CreatePartitionsRequest : IWireFields
{
    public List<CreatePartitionsTopic>? Topics = [];
    public int TimeoutMs;
    public bool ValidateOnly;

    public void Describe(Wire w)
    {
        w.Array(ref Topics);
        w.Int32(ref TimeoutMs);
        w.Bool(ref ValidateOnly);
        w.Tags();
    }
}

/// <summary>The number of partitions that a topic should have, including the existing ones.</summary>
internal sealed class CreatePartitionsTopic : IWireFields
{
    public string Name = "";
    public int Count;

    /// <summary>One assignment for each new partition. Null leaves the assignment to the broker.</summary>
    public List<CreatePartitionsAssignment>? Assignments;

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Int32(ref Count);
        w.Array(ref Assignments);
        w.Tags();
    }
}

/// <summary>The brokers of one new partition.</summary>
internal sealed class CreatePartitionsAssignment : IWireFields
{
    public List<int>? BrokerIds = [];

    public void Describe(Wire w)
    {
        w.Int32s(ref BrokerIds);
        w.Tags();
    }
}

/// <summary>The result for each topic.</summary>
internal sealed class CreatePartitionsResponse : IWireFields
{
    public int ThrottleTimeMs;
    public List<CreatePartitionsResult>? Results = [];

    public void Describe(Wire w)
    {
        w.Int32(ref ThrottleTimeMs);
        w.Array(ref Results);
        w.Tags();
    }
}

/// <summary>The result for one topic.</summary>
internal sealed class CreatePartitionsResult : IWireFields
{
    public string Name = "";
    public ErrorCode ErrorCode;
    public string? ErrorMessage;

    public void Describe(Wire w)
    {
        w.String(ref Name);
        w.Error(ref ErrorCode);
        w.NullableString(ref ErrorMessage);
        w.Tags();
    }
}
