import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import io.grpc.protobuf.StatusProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import zoneledger.evaluation.v1.EvaluationServiceGrpc;
import zoneledger.evaluation.v1.EvaluationServiceGrpc.EvaluationServiceBlockingStub;
import zoneledger.evaluation.v1.GetRatingRequest;
import zoneledger.evaluation.v1.ListRatingsRequest;
import zoneledger.evaluation.v1.ListRatingsResponse;
import zoneledger.incentive.v1.IncentiveServiceGrpc;
import zoneledger.incentive.v1.LandGuaranteeGranted;
import zoneledger.incentive.v1.ListEntitlementsRequest;
import zoneledger.ledger.v1.CloudEvent;
import zoneledger.ledger.v1.EventServiceGrpc;
import zoneledger.ledger.v1.EventServiceGrpc.EventServiceBlockingStub;
import zoneledger.ledger.v1.WatchEventsRequest;
import zoneledger.ledger.v1.WatchEventsResponse;

/**
 * An agency (部门) that reads ratings and entitlements and then follows what happens.
 *
 * <p>Arguments: the folder with ca.pem, cert.pem and key.pem; HOST:PORT of evaluation; HOST:PORT of
 * incentive; the id of a unit, such as xiangtan.
 */
public final class Agency {
  private static final long SECONDS = 10; // A deadline belongs to every call.
  private static final Map<String, ?> RETRIED =
      Map.of(
          "name", List.of(Map.of()),
          "retryPolicy",
              Map.of(
                  "maxAttempts", 4.0,
                  "initialBackoff", "0.2s",
                  "maxBackoff", "5s",
                  "backoffMultiplier", 2.0,
                  "retryableStatusCodes", List.of("UNAVAILABLE")));

  public static void main(String[] words) throws IOException, InterruptedException {
    Path keys = Path.of(words[0]);
    ManagedChannel toEvaluation = connected(words[1], keys);
    ManagedChannel toIncentive = connected(words[2], keys);
    try {
      ratings(EvaluationServiceGrpc.newBlockingStub(toEvaluation));
      entitlements(toIncentive, "units/" + words[3]);
      follow(EventServiceGrpc.newBlockingStub(toIncentive), Path.of("position"));
    } finally {
      toEvaluation.shutdownNow();
      toIncentive.shutdownNow();
    }
  }

  /** A channel on which both sides show a certificate; what found the server away is tried again. */
  private static ManagedChannel connected(String address, Path keys) throws IOException {
    var credentials =
        TlsChannelCredentials.newBuilder()
            .trustManager(keys.resolve("ca.pem").toFile())
            .keyManager(keys.resolve("cert.pem").toFile(), keys.resolve("key.pem").toFile())
            .build();
    return Grpc.newChannelBuilder(address, credentials)
        .defaultServiceConfig(Map.of("methodConfig", List.of(RETRIED)))
        .keepAliveTime(60, TimeUnit.SECONDS)
        .maxInboundMessageSize(64 << 20)
        .build();
  }

  /** Every rating of 2020 that we may see, page by page, and what a refusal looks like. */
  private static void ratings(EvaluationServiceBlockingStub evaluation) {
    var request = ListRatingsRequest.newBuilder().setRound(2020).setPageSize(50);
    ListRatingsResponse page;
    do {
      page = evaluation.withDeadlineAfter(SECONDS, TimeUnit.SECONDS).listRatings(request.build());
      page.getRatingsList()
          .forEach(each -> System.out.println(each.getName() + " " + each.getRating().getGrade()));
      request.setPageToken(page.getNextPageToken());
    } while (!page.getNextPageToken().isEmpty());

    var nowhere = GetRatingRequest.newBuilder().setName("units/nowhere/ratings/2020").build();
    try {
      evaluation.withDeadlineAfter(SECONDS, TimeUnit.SECONDS).getRating(nowhere);
    } catch (StatusRuntimeException refusal) {
      System.out.println(refusal.getStatus().getCode() + " " + reason(refusal));
    }
  }

  /** The stable reason of a refusal, such as ETAG_MISMATCH; empty where it has none. */
  private static String reason(StatusRuntimeException refusal) {
    var status = StatusProto.fromThrowable(refusal);
    if (status == null) {
      return "";
    }
    try {
      for (var detail : status.getDetailsList()) {
        if (detail.is(ErrorInfo.class)) {
          return detail.unpack(ErrorInfo.class).getReason();
        }
      }
    } catch (InvalidProtocolBufferException unreadable) {
      return "";
    }
    return "";
  }

  private static void entitlements(ManagedChannel channel, String unit) {
    var request =
        ListEntitlementsRequest.newBuilder().setParent(unit).setAsOf("2021-06-21").build();
    var incentive = IncentiveServiceGrpc.newBlockingStub(channel);
    var listed =
        incentive.withDeadlineAfter(SECONDS, TimeUnit.SECONDS).listEntitlements(request);
    listed
        .getEntitlementsList()
        .forEach(each -> System.out.println(each.getName() + " " + each.getStatus()));
    System.out.println("read at position " + listed.getReading().getPosition());
  }

  /**
   * Each grant of land from the first on, also over restarts of the server and of ours. Kept with
   * what is done about the events, in one transaction, the place makes that each counts once.
   */
  private static void follow(EventServiceBlockingStub events, Path place)
      throws IOException, InterruptedException {
    long position = Files.exists(place) ? Long.parseLong(Files.readString(place)) : 0;
    while (true) {
      var request =
          WatchEventsRequest.newBuilder()
              .setService("incentive")
              .setAfterPosition(position)
              .addTypes("land-guarantee-granted")
              .build();
      try {
        Iterator<WatchEventsResponse> told = events.watchEvents(request); // Without a deadline.
        while (told.hasNext()) {
          WatchEventsResponse response = told.next();
          for (CloudEvent event : response.getEventsList()) {
            var granted = event.getProtoData().unpack(LandGuaranteeGranted.class);
            System.out.println("watched " + event.getId() + " " + granted.getEntitlement().getUnitId());
          }
          position = response.getPosition();
          Files.writeString(place, Long.toString(position));
        }
      } catch (StatusRuntimeException ended) {
        var code = ended.getStatus().getCode();
        if (code != Status.Code.UNAVAILABLE && code != Status.Code.RESOURCE_EXHAUSTED) {
          throw ended;
        }
        Thread.sleep(1_000); // The server was told to stop, or has too much to do.
      }
    }
  }
}
