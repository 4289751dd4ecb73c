using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Cdp.Ingestion.Tests.Hardening;

[Trait("tier", "integration")]
public sealed class RawConnectionTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")]
    public async Task ReadAsync_CancelledWithinAnAnswer_ReturnsTheWholeAnswerNextTime(string answer)
    {
        var testEnds = TestContext.Current.CancellationToken;
        for (var cut = 1; cut < answer.Length; cut++)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            using var connection = await RawConnection.OpenAsync(((IPEndPoint)listener.LocalEndpoint).Port, testEnds);
            using var server = await listener.AcceptSocketAsync(testEnds);
            await server.SendAsync(Encoding.ASCII.GetBytes(answer[..cut]), testEnds);
            await Eventually.TrueAsync(() => connection.Unread == cut, "the first part has arrived");
            using var pause = CancellationTokenSource.CreateLinkedTokenSource(testEnds);

            var reading = connection.ReadAsync(pause.Token);
            await Eventually.TrueAsync(() => connection.Unread == 0, "the first part has been read");
            await pause.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
            await server.SendAsync(Encoding.ASCII.GetBytes(answer[cut..] + "HTTP/1.1 204 No Content\r\n\r\n"), testEnds);

            Assert.Equal("abc", (await connection.ReadAsync(testEnds))!.Text);
            Assert.Equal(204, (await connection.ReadAsync(testEnds))!.Status);
        }
    }
}
