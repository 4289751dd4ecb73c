using Confluent.Kafka;

namespace Cdp.Ingestion.Appending;

/// <summary>Counts down the records of one request until Kafka has answered for every one.</summary>
public sealed class Acknowledgement
{
    private readonly Action<Error> _failed;

    // The continuation must not run on the client's delivery thread, which all requests share.
    private readonly TaskCompletionSource<bool> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The client has copied what it needs of a message when Produce returns, so one does for all.
    private readonly Message<byte[]?, byte[]> _message = new();

    // One more than there are records, until all have been handed over.
    private int _open = 1;
    private bool _anyFailed;

    /// <param name="failed">Is told why a record was not acknowledged.</param>
    public Acknowledgement(Action<Error> failed)
    {
        _failed = failed;
        Handler = report => Answer(report.Error);
    }

    /// <summary>The delivery handler of every record of the request.</summary>
    public Action<DeliveryReport<byte[]?, byte[]>> Handler { get; }

    /// <summary>The message to produce next, good until the next call. One thread hands over a request's records.</summary>
    public Message<byte[]?, byte[]> Message(byte[]? key, byte[] value, Headers headers)
    {
        (_message.Key, _message.Value, _message.Headers) = (key, value, headers);
        return _message;
    }

    public void Expect() => Interlocked.Increment(ref _open);

    public void Answer(Error error)
    {
        if (error.IsError)
        {
            Volatile.Write(ref _anyFailed, true);
            _failed(error);
        }
        CountDown();
    }

    /// <summary>True once every record is acknowledged; false once all are answered for and one was not. To be called when no more will follow.</summary>
    public Task<bool> WaitAsync()
    {
        CountDown();
        return _answered.Task;
    }

    private void CountDown()
    {
        if (Interlocked.Decrement(ref _open) == 0) _answered.SetResult(!Volatile.Read(ref _anyFailed));
    }
}
