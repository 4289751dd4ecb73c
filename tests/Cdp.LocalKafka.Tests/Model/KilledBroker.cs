using System.Buffers.Binary;
using System.Net.Sockets;
using Cdp.LocalKafka.Hosting;
using Cdp.LocalKafka.Log.Topics;
using Cdp.LocalKafka.Protocol;
using Cdp.LocalKafka.Tests.Support;

namespace Cdp.LocalKafka.Tests.Model;

/// <summary>A broker on its own port that is killed and restarted after every few requests while clients use it.</summary>
internal sealed class KilledBroker : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly TempDirectory _directory;
    private readonly CancellationTokenSource _enough = new();
    private readonly Task _killing;
    private LocalKafkaBroker _broker;
    private int _answered;

    private KilledBroker(TempDirectory directory, LocalKafkaBroker broker, int seed)
    {
        (_directory, _broker, Port) = (directory, broker, broker.Port);
        _killing = Task.Run(() => KillRepeatedly(new Random(seed)));
    }

    public int Port { get; }
    public int Kills { get; private set; }

    public static async Task<KilledBroker> Start(int seed, int partitions)
    {
        var directory = new TempDirectory();
        // Set directly, because the API does not accept segments this small.
        var topics = TopicStore.Open(directory.Path, TimeProvider.System);
        topics.Create(InProcessBroker.Topic, partitions, new Dictionary<string, string> { ["segment.bytes"] = "20000" });
        topics.Close(flush: false);
        return new KilledBroker(directory, await Start(directory, Ports.Reusable()), seed);
    }

    /// <summary>Lets the broker live from now on.</summary>
    public async Task StopKilling()
    {
        await _enough.CancelAsync();
        await _killing;
    }

    public async ValueTask DisposeAsync()
    {
        await StopKilling();
        await _broker.DisposeAsync();
        _enough.Dispose();
        _directory.Dispose();
    }

    private async Task KillRepeatedly(Random random)
    {
        for (var next = 50; !_enough.IsCancellationRequested; next = Volatile.Read(ref _answered) + random.Next(1, 150))
        {
            while (Volatile.Read(ref _answered) < next && !_enough.IsCancellationRequested) await Task.Delay(1);
            if (_enough.IsCancellationRequested) return;
            _broker.Kill();
            Kills++;
            _broker = await Start(_directory, Port);
        }
    }

    private static Task<LocalKafkaBroker> Start(TempDirectory directory, int port) =>
        LocalKafkaBroker.StartAsync(new LocalKafkaOptions { DataDirectory = directory.Path, Port = port });

    /// <summary>A client's connection, which reconnects when the broker dies. A request whose response was lost is sent again with the same bytes.</summary>
    public sealed class Connection(KilledBroker broker) : IDisposable
    {
        private TcpClient? _client;

        public Reply Send(Call call)
        {
            var frame = Frames.Write(call, 1_000);
            for (var until = DateTime.UtcNow + Limit; ;)
            {
                var reply = Frames.Read(call, Answer(frame));
                var again = reply.Error is ErrorCode.ConcurrentTransactions or ErrorCode.NotEnoughReplicas or ErrorCode.NotLeaderOrFollower
                    or ErrorCode.NotCoordinator or ErrorCode.CoordinatorNotAvailable or ErrorCode.CoordinatorLoadInProgress or ErrorCode.KafkaStorageError;
                if (!again) return reply;
                if (DateTime.UtcNow > until) throw new TimeoutException($"{call} is still answered {reply}");
            }
        }

        public byte[] Answer(byte[] frame)
        {
            for (var until = DateTime.UtcNow + Limit; ;)
            {
                try
                {
                    _client ??= new TcpClient("127.0.0.1", broker.Port) { NoDelay = true, ReceiveTimeout = 20_000 };
                    var stream = _client.GetStream();
                    var size = new byte[4];
                    BinaryPrimitives.WriteInt32BigEndian(size, frame.Length);
                    stream.Write([.. size, .. frame]);
                    stream.ReadExactly(size);
                    var answer = new byte[BinaryPrimitives.ReadInt32BigEndian(size)];
                    stream.ReadExactly(answer);
                    Interlocked.Increment(ref broker._answered);
                    return answer;
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    Dispose();
                    if (broker._killing.Exception is { } failed) throw new InvalidOperationException("the broker could not be restarted", failed);
                    if (DateTime.UtcNow > until) throw new TimeoutException("the broker does not restart", e);
                }
            }
        }

        public void Dispose()
        {
            _client?.Dispose();
            _client = null;
        }
    }
}
