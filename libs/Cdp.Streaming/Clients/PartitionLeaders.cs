using Confluent.Kafka;

namespace Cdp.Streaming.Clients;

/// <summary>
/// Waits for partitions without a known leader. In a cluster a new topic is unknown to some brokers for a moment, and leaders move when a broker stops:
/// both are temporary, so callers wait instead of failing.
/// </summary>
public static class PartitionLeaders
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Repeats a blocking call until the partitions that it concerns have leaders.</summary>
    /// <exception cref="KafkaException">The call failed with another error, or a partition still has no leader after 30 seconds.</exception>
    public static T Await<T>(Func<T> call, CancellationToken stopping = default)
    {
        for (var started = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                return call();
            }
            catch (KafkaException e) when (IsMissing(e) && TimeProvider.System.GetElapsedTime(started) < Bound)
            {
                stopping.WaitHandle.WaitOne(Pause);
                stopping.ThrowIfCancellationRequested();
            }
        }
    }

    /// <summary>Whether an error means that a topic is not known yet, or that the broker is not, or is no longer, the leader of the partition.</summary>
    public static bool IsMissing(Error error) => error.Code is
        ErrorCode.UnknownTopicOrPart or ErrorCode.LeaderNotAvailable or ErrorCode.NotLeaderForPartition or ErrorCode.ReplicaNotAvailable
        or ErrorCode.KafkaStorageError or ErrorCode.FencedLeaderEpoch or ErrorCode.UnknownLeaderEpoch or ErrorCode.OffsetNotAvailable
        or ErrorCode.ListenerNotFound or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition;

    private static bool IsMissing(KafkaException exception) => exception switch
    {
        TopicPartitionOffsetException { Results: var results } => AreMissing(results.Select(result => result.Error)),
        TopicPartitionException { Results: var results } => AreMissing(results.Select(result => result.Error)),
        _ => IsMissing(exception.Error),
    };

    private static bool AreMissing(IEnumerable<Error> results)
    {
        Error[] errors = [.. results.Where(error => error.IsError)];
        return errors.Length > 0 && errors.All(IsMissing);
    }
}
