namespace Cdp.LocalKafka.Protocol;

/// <summary>Identifies one partition.</summary>
internal readonly record struct TopicPartition(string Topic, int Partition);
