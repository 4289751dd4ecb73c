using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Requests;
using Cdp.LocalKafka.Server;
using Cdp.LocalKafka.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>The whole broker without its sockets, on the caller's thread: frames in, frames out. Its directory survives its crashes.</summary>
internal sealed class InProcessBroker : IDisposable
{
    public const string Topic = "t";
    private readonly TempDirectory _directory = new(inMemory: true);
    private readonly FakeTime _time;
    private TopicStore? _topics;
    private BrokerCore? _core;

    public InProcessBroker(FakeTime time, int partitions, params (string Name, string Value)[] configs)
    {
        _time = time;
        Files = new DataFiles(Path.Combine(_directory.Path, "logs"));
        Open();
        // Set directly, because the API does not accept segments this small.
        _topics!.Create(Topic, partitions, configs.ToDictionary(config => config.Name, config => config.Value));
    }

    public DataFiles Files { get; }

    /// <summary>The whole response after its size: header, fields, and what comes from segment files.</summary>
    public byte[] Answer(byte[] frame)
    {
        var answering = _core!.Dispatcher.Answer(frame, "/127.0.0.1", "model", CancellationToken.None);
        Assert.True(answering.IsCompleted, "a request of the model test waits");
        var response = answering.GetAwaiter().GetResult()!;
        var whole = new MemoryStream();
        var at = sizeof(int);
        foreach (var (until, slice) in response.Stored)
        {
            whole.Write(response.Written.Span[at..until]);
            whole.Write(SampleBatches.Bytes(slice));
            at = until;
        }
        whole.Write(response.Written.Span[at..]);
        return whole.ToArray();
    }

    public void Open()
    {
        var options = new LocalKafkaOptions { DataDirectory = _directory.Path, TimeProvider = _time };
        _topics = TopicStore.Open(_directory.Path, _time);
        _core = new BrokerCore(_topics, new BrokerNode("localhost", 9092, _topics.ClusterId), options, NullLogger.Instance);
    }

    /// <summary>Shuts down cleanly.</summary>
    public void Stop()
    {
        _core!.StopTimers().GetAwaiter().GetResult();
        _topics!.Close(flush: true);
    }

    public void Kill() => _core!.Kill().GetAwaiter().GetResult();

    public void Dispose()
    {
        Kill();
        _directory.Dispose();
    }
}
